// Package disk simulates a disk under SQLite that loses power or fails when a test wants it to.
//
// It sits between SQLite and its own file layer, for the files below one folder: writes go
// through to the real files, so that the program under test reads what it wrote, and are also recorded,
// together with which of them were made durable. Cut produces the folder as a loss of power would
// leave it: what was synced is there, and of the rest any part, sector by sector and in any order.
// CutLeaving fixes which part, for a test that must not depend on luck.
//
// It is for tests only, and applies to the whole test process: any part of the program that opens
// an SQLite file below the folder goes through it, without knowing.
package disk
