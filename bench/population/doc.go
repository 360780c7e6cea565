// Package population creates the ledger of fictitious people, for benchmarks: every event goes through the journal, like the
// product's own, so what is stored has the size, the seals and the order of the real thing.
//
// Ids, choices and times depend only on the seed; nonces and the order in which writers' appends interleave do not.
// All addresses are under example.invalid.
package population
