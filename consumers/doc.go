// Package consumers runs everything that follows the log: one Watermill handler each, in one router, every one with a
// checkpoint of its own, none able to hold up another.
//
// A message is one page of the log. What happens to a consumer that fails depends on what failed. An event that it cannot
// digest is tried alone, three times; then the consumer stops and says so, and what came before the event is kept. An
// operator may let it go on past the event (Skips). Anything else (its engine is out of reach, the disk is full) is tried
// again without limit, with longer and longer pauses.
//
// The room knows nothing about views. Package projections/runner makes consumers of views, package effects of what acts
// outside the ledger.
package consumers
