// Package notify sends messages to people: the code that verifies an address, and word to the owner of an address that somebody else
// tried to sign up with or to add.
//
// It is a consumer of the log, run by package effects. An event asks for a message, whose place in a budget was taken before
// (domain.MessageClass), so whatever is asked for is sent. It appends nothing itself: a command records the delivery in its stream,
// attempted, before each try, then succeeded or failed.
//
// After a restart only messages that were being sent at that moment can be sent twice. No message waits longer than its code is
// valid, so a restart reads again a few minutes at most.
package notify
