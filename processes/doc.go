// Package processes finishes work that a crash interrupted and handles deadlines: verified sign-ups are completed, unverified ones
// lapse after a day, erasures start when they are due and are completed.
//
// Destruction by time waits while the wall clock is far from the log's latest times or from the monotonic clock; an operator can
// confirm the clock. What was started is finished all the same.
//
// Deadlines are kept in a small list that follows the log. If it is lost, it is rebuilt from the log, which only delays readiness.
// Every page of its file has a checksum (package pagesum): a list with a damaged page counts as lost, and nothing is settled from it.
package processes
