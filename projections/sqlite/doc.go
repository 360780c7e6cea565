// Package sqlite keeps views in SQLite: one file a generation, and beside them
// one small file a view that names the live one.
//
// Documents and the checkpoint they belong to are written in one transaction.
// The files are in write-ahead mode with synchronous=NORMAL: after a crash of
// the process nothing is lost; after a loss of power the newest transactions
// may be, each whole with its checkpoint, and the consumer folds them again. A
// checkpoint that moves while no document changes is stored within about a second.
//
// The tallies that a view declares are tables of counts beside the documents, changed in the same transaction and, when a
// generation is filled, made at the end. Groups, histograms and totals that they answer exactly are read from
// them: the time they take hangs on the number of cells, not of documents.
//
// Every page of a file carries a checksum (package pagesum). What a disk or a stray write changed gives view.ErrCorrupt
// with the file and the offset, from then on for whatever is asked of that generation.
//
// Nothing that comes from outside reaches the text of a statement: names of
// columns come from the declaration, whose names are checked, and everything
// else is a parameter.
package sqlite
