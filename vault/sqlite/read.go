package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"accountledger/vault"
)

// scanner is one row of a result.
type scanner interface{ Scan(into ...any) error }

// reading runs a read while no cut is under way.
func (v *Vault) reading(ctx context.Context, read func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	v.gate.RLock()
	defer v.gate.RUnlock()
	select {
	case <-v.quit:
		return ErrClosed
	default:
		return v.placed(read())
	}
}

// readError is the caller's error for a failed read.
func readError(ctx context.Context, err error) error {
	switch {
	case err == nil, errors.Is(err, vault.ErrDestroyed), errors.Is(err, vault.ErrCorrupt), errors.Is(err, vault.ErrMasterKey):
		return err
	case errors.Is(err, sql.ErrNoRows):
		return vault.ErrNotFound
	case ctx.Err() != nil:
		return ctx.Err()
	default:
		return unavailable("reading", err)
	}
}

// openKey reads live, id, master and wrapped, and unwraps the key.
func (v *Vault) openKey(name string, row scanner) (*vault.Key, error) {
	var live bool
	var id, master, wrapped []byte
	if err := row.Scan(&live, &id, &master, &wrapped); err != nil {
		return nil, err
	}
	return v.unwrapKey(name, live, id, master, wrapped)
}

func (v *Vault) unwrapKey(name string, live bool, id, master, wrapped []byte) (*vault.Key, error) {
	if !live {
		return nil, fmt.Errorf("%w: key %q", vault.ErrDestroyed, name)
	}
	keyID, err := uuid.FromBytes(id)
	if err != nil {
		return nil, fmt.Errorf("%w: the id of key %q", vault.ErrCorrupt, name)
	}
	m, err := v.master(master)
	if err != nil {
		return nil, fmt.Errorf("key %q: %w", name, err)
	}
	key, err := m.UnwrapKey(name, keyID, wrapped)
	if err != nil {
		return nil, fmt.Errorf("key %q: %w", name, err)
	}
	return key, nil
}
