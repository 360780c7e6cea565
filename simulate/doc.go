// Package simulate plays a population against a ledger: people of many regions, languages and ages who sign up,
// give up half-way, decide, change their minds, link devices and leave, services that ask before they use data, and
// officers who look.
//
// Everything that somebody chooses derives from the seed and their number, so one seed is one population with one
// set of choices; ids and times of the ledger's own are new in each run. Every address lies under example.invalid,
// which no mail server delivers to (RFC 2606).
//
// A ledger is played through the port Ledger: over HTTP as any client would, or by the same commands in process.
package simulate
