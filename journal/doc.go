// Package journal is typed events over the log of bytes: names and versions of events, the envelope, the
// sealing of what is personal, and the subscription that consumers read by.
//
// An event is a struct of package domain. Stored, it is a type name with a version, metadata as JSON (the
// envelope), and data as JSON in which every personal part stands sealed under keys of the vault.
package journal
