// Package notify sends messages to people: the code that verifies an address, and a notice to the owner of an address that somebody
// else tried to sign up with.
//
// It is a consumer of the log. An event asks for a message; the delivery is recorded in a stream of its own: attempted, before each
// try, then succeeded or failed. The stream's name derives from a keyed hash of the address, the day and a number, so the streams
// themselves enforce the limits: to one address 20 messages a day, 5 an hour, and one "you have an account" a day.
//
// # What survives a crash
//
// Reading continues while messages wait for their next try, so nobody waits for another person's server. The checkpoint stays before
// the oldest event whose message has not ended. A restart continues there, finds in the streams what has ended, and resumes the
// rest: only messages that were being sent at that moment can be sent twice. No message waits longer than its code is valid, so a
// restart reads again a few minutes at most.
package notify
