// Package simulate plays a population against a ledger: people of many regions, languages and ages who sign up, give up half-way,
// decide, change their minds, link devices and leave, services that ask before they use data, and officers who look.
//
// All choices derive from the seed and the person's number, so one seed is one population with one set of choices; the ledger's ids
// and times are new in each run. All addresses are under example.invalid, which no mail server delivers to (RFC 2606).
//
// Population tells who they are and what they decide to do; benchmarks write the events of that without playing it.
//
// The ledger is used through the interface Ledger: over HTTP like any client, or by the same commands in process.
package simulate
