// Package runner keeps consumers of the log going: one Watermill handler each, in one router, every one of them
// with a checkpoint of its own, none of them able to hold up another.
//
// A message is one page of the log. A consumer that fails is treated by what failed. An event that it cannot digest is
// tried alone, three times, then the consumer stops and says so; what came before the event is kept. An operator may let a
// view go on past it (Skips): what of the event can be folded is folded, live and in every rebuild alike. Anything
// else (its engine cannot be reached, the disk is full) is tried again without limit, with longer and longer pauses.
//
// Views are consumers, too: package runner folds events into documents and keeps each view's generations, filling
// a new one by itself when the stored one is of another log, of another version or damaged.
package runner
