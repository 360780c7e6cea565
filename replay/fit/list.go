package fit

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"accountledger/replay/backup"
	"accountledger/vault"
)

// Destructions compares the list of destructions at path, with its head and the key that signs it, with what the vault knew of it: a
// list that is older than the vault would not destroy again, after a restore, what was destroyed since; and a vault that is older than
// the list has keys again that were destroyed. *RefusedError in either case.
func (p *Parts) Destructions(ctx context.Context, path, head string, key *vault.Key) error {
	b, err := p.Binder.Binding(ctx)
	if err != nil || b.Log == uuid.Nil {
		return err
	}
	proof := backup.Proof{Head: head}
	if b.List.Entries > 0 {
		proof.Backup = &backup.Mark{Entries: b.List.Entries, Hash: b.List.Hash}
	}
	var behind []backup.Destroyed
	entries := int64(0)
	_, err = backup.ReadList(path, key, proof, func(d backup.Destroyed) error {
		if entries++; entries > b.List.Entries {
			behind = append(behind, d)
		}
		return nil
	})
	if errors.Is(err, backup.ErrListShortened) || errors.Is(err, backup.ErrListAltered) {
		return &RefusedError{What: fmt.Sprintf("the list of destructions %s is older than the vault, or another's", path), Err: err,
			Next: fmt.Sprintf("Put the newest list and its head back, or move both it and %s away to begin another list, which proves nothing for the backups before it",
				head)}
	}
	if err != nil || len(behind) == 0 {
		return err
	}
	for _, d := range behind[:len(behind)-1] { // a crash may have come between the last entry and what it tells of
		for _, name := range d.Keys {
			if _, err := p.Vault.Key(ctx, name); err == nil {
				return olderLog(fmt.Sprintf("the ledger is older than its list of destructions %s, which tells that %q was destroyed", path, name), nil)
			}
		}
		for _, name := range d.Secrets {
			if _, err := p.Vault.Secret(ctx, name); err == nil {
				return olderLog(fmt.Sprintf("the ledger is older than its list of destructions %s, which tells that a secret was destroyed that the vault has", path), nil)
			}
		}
	}
	return nil
}
