// Package transfer takes a ledger from one place to another: a log with the same events in the
// same streams and order under its own log id, and the vault that belongs to it. It
// moves between engines, and to and from a file.
//
// Everything is verified by count and content hash. The hash covers what must be proved about
// an event (stream, version, id, type, data, metadata) and the order of events, and nothing specific to one
// log, such as positions and its id; so it is the same wherever a history is.
package transfer
