// Package notify sends messages to people: the code that proves an address, and word to the owner of an address
// that somebody tried to sign up by.
//
// It is a consumer of the log. What asks for a message is an event; what becomes of the message is events in a
// stream of its own: attempted, before each try, then succeeded or failed. The stream's name derives from a
// keyed hash of the address, the day and a number, so the streams themselves are the limits: 20 messages a day to
// one address, 5 of them an hour, and one of the kind "you have an account" a day.
//
// # What survives a crash
//
// Reading goes on while messages wait for their next try, so nobody waits for another person's server. The
// checkpoint stays before the oldest event whose message has not ended. A restart reads on from there, finds by
// the streams what has ended, and continues what has not: what may be sent twice is only what was being sent at
// the very moment. Nothing waits for longer than its code holds, so a restart reads a few minutes again at most.
package notify
