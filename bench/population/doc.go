// Package population creates the ledger of the people of package simulate, for benchmarks: every event goes through the journal, like the
// product's own, so what is stored has the size, the seals and the order of the real thing; but no command is carried out for it, so
// that a million accounts take minutes.
//
// Left out of what those people do are tries that fail (wrong codes and passwords), renamed and unlinked devices, sign-outs, erasures
// and officers' looks.
//
// Ids, choices and times depend only on the seed; nonces and the order in which writers' appends interleave do not.
package population
