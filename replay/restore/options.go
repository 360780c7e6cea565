// Package restore makes a ledger that goes on from an earlier state: from a backup, from the file of an export, or from parts that are
// older than they were and that an operator accepts. For a backup it checks the list of destructions; once log and vault are loaded it
// ends what was open then and destroys again what was destroyed since.
package restore

import (
	"errors"

	"accountledger/domain"
)

// Options are what an operator decides about a restore.
type Options struct {
	// List is the file of the list of destructions; empty: that of the setting backup.list, if it is there.
	List string
	// WithoutList restores without one, although one was kept: what was destroyed after the backup comes back. It is recorded.
	WithoutList bool
	// UnprovenList applies a list of which it cannot be proved that nothing is missing from its end: its head, beside the
	// master key, is lost, or it is not the list that the backup knew. It is recorded.
	UnprovenList bool
}

// Restored is what a restore did.
type Restored struct {
	From   string `json:"from"` // the log that was backed up
	To     string `json:"to"`
	Events int64  `json:"events"`
	Hash   string `json:"hash"`
	Rows   int64  `json:"rows"`
	// List is how the list of destructions was used, and Destructions how many of its names were applied.
	List         domain.ListState `json:"list"`
	Destructions int64            `json:"destructions"`
	// Erased accounts were erased, or being erased, after the backup, and Verifications under way when it was made; both were ended.
	Erased        int64 `json:"erased"`
	Verifications int64 `json:"verifications"`
}

// Errors, beside those of package backup.
var (
	// ErrListMissing: the backup knows of a list of destructions, or its head lies beside the master key, and none was given.
	ErrListMissing = errors.New("a list of destructions was kept: name it with --list, or restore without it (--without-list), which brings back anyone " +
		"erased since")
	// ErrNoMasterKey: the rows of the vault cannot be opened.
	ErrNoMasterKey = errors.New("the master keys given are not the backup's: give the one that it was made under with --master-key or --master-key-older")
	// ErrOtherRestore: another backup, or something else, was being restored into the folder.
	ErrOtherRestore = errors.New("another backup was being restored into this data folder: continue with that one, or delete the folder")
	// ErrNoFolder: there is nothing to restore from.
	ErrNoFolder = errors.New("no such folder")
	// ErrNoKey: a new key would open nothing of the backup.
	ErrNoKey = errors.New("restoring needs the master key that the backup was made under: give it with --master-key")
	// ErrNotEmpty: a ledger is restored into an empty folder, log and vault only.
	ErrNotEmpty = errors.New("it is not empty: restore into a new one")
)
