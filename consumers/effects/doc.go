// Package effects runs consumers that act outside the ledger: messages to people, proofs, deliveries to other services. What
// is done outside cannot be undone or repeated freely, so the runtime keeps four promises for every kind of job:
//
//   - each attempt is recorded in the log before it is made, and its result afterwards;
//   - nothing is attempted once it has expired;
//   - reading goes on while jobs wait, and the checkpoint stays before the oldest event whose job has not ended;
//   - without a valid checkpoint (none, damaged, of another log) it starts at the head of the log.
//
// # What survives a crash
//
// A restart reads from the checkpoint, the job of each event finds in the log what was already done, and the rest continues:
// only attempts that were being made at that moment can be made twice.
package effects
