// Package notify sends messages to people: the code that verifies an address, and a notice to the owner of an address that somebody
// else tried to sign up with.
//
// It is a consumer of the log, run by package effects. An event asks for a message; the delivery is recorded in a stream of its own:
// attempted, before each try, then succeeded or failed. The stream's name derives from a keyed hash of the address, the day and a
// number, so the streams themselves enforce the limits: to one address 20 messages a day, 5 an hour, and one "you have an account" a
// day.
//
// After a restart only messages that were being sent at that moment can be sent twice. No message waits longer than its code is
// valid, so a restart reads again a few minutes at most.
package notify
