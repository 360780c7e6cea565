// Package disk is a disk under SQLite from which tests take the power, and which they let fail.
//
// It stands between SQLite and its own file layer, for the files below one folder: writes go
// through to the real files, so that the program under test reads what it wrote, and are kept
// as well, with what was asked to be made durable. Cut gives the folder as a loss of power would
// leave it: what was synced is there, and of the rest any part, sector by sector and in any order.
// CutLeaving says which part, for a test that must not depend on luck.
//
// It is for tests alone, and for the whole of a test's process: whichever part of the program opens
// a SQLite file below the folder goes through it, without knowing.
package disk
