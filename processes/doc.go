// Package processes finishes what a crash cut in two and fires deadlines: sign-ups that were proven are completed,
// unproven ones lapse after a day, erasures start when they are due and are carried to their end.
//
// What is destroyed because of the time waits while the wall clock is far from the log's newest times or from a clock that
// nobody sets; an operator can confirm it. What was begun is finished all the same.
//
// What waits stands in a small list that follows the log. The list is a convenience: lost, it is made again from
// the log; nothing rests on it but how soon the ledger is ready. Every page of its file carries a checksum (package
// pagesum): a list of which a page is not as it was written is lost, and never settled from.
package processes
