// Package population makes the ledger of people who never lived, for figures: every event goes through the journal, as the
// product's own do, so what is stored has the size, the seals and the order of the real thing.
//
// Ids, choices and times follow from the seed alone; nonces and the order in which writers' appends interleave do not.
// All addresses are under example.invalid.
package population
