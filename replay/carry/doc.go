// Package carry takes a ledger from one place to another: a log with the same events in the
// same streams and order under a log id of its own, and the vault that belongs to it. It
// moves between engines, and into a file and out of it.
//
// Everything is verified by count and content hash. The hash covers what must be proved of
// an event (stream, version, id, type, data, metadata) and their order, and nothing that a
// log has of its own, such as positions and its id; so it is the same wherever a history is.
package carry
