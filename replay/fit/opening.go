package fit

import (
	"errors"
	"fmt"

	"accountledger/eventstore"
	"accountledger/vault"
)

// Log names what is wrong with a log that does not open: *RefusedError, or the error as it is.
func Log(err error) error {
	if err == nil {
		return nil
	}
	var corrupt *eventstore.CorruptError
	var noID *eventstore.NoLogIDError
	if errors.As(err, &noID) {
		return &RefusedError{What: "the log's id is gone at its server", Next: "Bring the stream back there, or restore the server's backup",
			Accept: AcceptLogID, Err: err}
	}
	if errors.As(err, &corrupt) && corrupt.Missing > 0 {
		return olderLog(fmt.Sprintf("the log is older than it was: its last %d acknowledged events are missing, as %s says", corrupt.Missing, corrupt.By), err)
	}
	if corrupt != nil {
		return &RefusedError{What: "the log does not open: it is damaged",
			Next: "Restore the newest backup into a new folder; accountledger salvage makes one of what can be read of this log", Err: err}
	}
	return err
}

// Vault names what is wrong with a vault that does not open: *RefusedError, or the error as it is.
func Vault(err error) error {
	var refused *RefusedError
	var behind *vault.BehindError
	switch {
	case errors.As(err, &refused):
	case errors.As(err, &behind):
		return olderVault("the vault is older than it was", err)
	case errors.Is(err, vault.ErrCorrupt):
		return &RefusedError{What: "the vault is damaged", Next: PutBackVault, Err: err}
	case errors.Is(err, vault.ErrMasterKey):
		return &RefusedError{What: "the vault does not open under the master keys that are here",
			Next: "Give the file of the key that it names with --master-key, or with --master-key-older; a vault of another ledger is under another key", Err: err}
	}
	return err
}
