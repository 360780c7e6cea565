// Package runner makes consumers of views: it folds events into documents and keeps each view's generations, filling a
// new one by itself when the stored one is of another log, of another version or damaged. Package consumers runs them.
//
// When an operator skipped an event that a view cannot digest, what of the event can be folded is folded, live and in
// every rebuild alike.
package runner
