// Package sqlite keeps views in SQLite: one file per generation, and beside them
// one small file per view that names the live one.
//
// Documents and the checkpoint they belong to are written in one transaction.
// The files are in write-ahead mode with synchronous=NORMAL: a crash of
// the process loses nothing; a loss of power may lose the newest transactions,
// each whole with its checkpoint, and the consumer folds them again. A
// checkpoint that moves while no document changes is stored within about a second.
//
// The tallies that a view declares are tables of counts, changed in the same transaction as the documents and, when a
// generation is filled, built at the end. Groups, histograms and totals that they answer exactly are read from
// them: their cost depends on the number of cells, not of documents.
//
// Every page of a file carries a checksum (package pagesum). Bytes changed by a disk or a stray write give view.ErrCorrupt
// with the file and the offset, from then on for every call on that generation.
//
// No outside input reaches the text of a statement: column
// names come from the declaration, whose names are checked, and everything
// else is a parameter.
package sqlite
