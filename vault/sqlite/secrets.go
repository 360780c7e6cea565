package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"accountledger/vault"
)

// PutSecret implements vault.Vault.
func (v *Vault) PutSecret(ctx context.Context, name string, secret []byte) error {
	if err := check(ctx, []string{name}); err != nil {
		return err
	}
	if err := vault.CheckSecret(secret); err != nil {
		return err
	}
	id, err := uuid.NewRandom()
	if err != nil {
		return unavailable("putting a secret", err)
	}
	secret = slices.Clone(secret)
	return v.write(&request{ctx: ctx, apply: func(ctx context.Context, w *writer) error {
		m := v.current.Load()
		wrapped, err := m.WrapSecret(name, id, secret)
		if err != nil {
			return err
		}
		return w.putSecret(ctx, name, id, m, wrapped)
	}})
}

// putSecret overwrites the existing row in place. Only a secret of another
// size gets a new row, and the old one is zeroed.
func (w *writer) putSecret(ctx context.Context, name string, id uuid.UUID, m *vault.MasterKey, wrapped []byte) error {
	old, err := w.storedSecret(ctx, name)
	switch {
	case errors.Is(err, sql.ErrNoRows):
	case err != nil:
		return unavailable("putting a secret", err)
	case !old.live:
		return fmt.Errorf("%w: secret %q", vault.ErrDestroyed, name)
	case len(old.wrapped) == len(wrapped):
		err := w.exec(ctx, w.put.replaceSecret, old.row, now(), id[:], m.ID[:], wrapped)
		if err != nil {
			return unavailable("putting a secret", err)
		}
		return nil
	default:
		if err := w.exec(ctx, w.put.wipeSecret, old.row, now(), 0); err != nil {
			return unavailable("putting a secret", err)
		}
	}
	if err := w.exec(ctx, w.put.insertSecret, []byte(name), now(), id[:], m.ID[:], wrapped); err != nil {
		return unavailable("putting a secret", err)
	}
	return nil
}

// Secret implements vault.Vault.
func (v *Vault) Secret(ctx context.Context, name string) ([]byte, error) {
	if err := check(ctx, []string{name}); err != nil {
		return nil, err
	}
	var s storedSecret
	err := v.reading(ctx, func() error {
		var err error
		s, err = scanSecret(v.find.secret.QueryRowContext(ctx, []byte(name)))
		return readError(ctx, err)
	})
	if err != nil {
		return nil, err
	}
	if !s.live {
		return nil, fmt.Errorf("%w: secret %q", vault.ErrDestroyed, name)
	}
	id, err := uuid.FromBytes(s.id)
	if err != nil {
		return nil, fmt.Errorf("%w: the id of secret %q", vault.ErrCorrupt, name)
	}
	m, err := v.master(s.master)
	if err != nil {
		return nil, fmt.Errorf("secret %q: %w", name, err)
	}
	secret, err := m.UnwrapSecret(name, id, s.wrapped)
	if err != nil {
		return nil, fmt.Errorf("secret %q: %w", name, err)
	}
	return secret, nil
}

// DestroySecrets implements vault.Vault. ErrRemains if the bytes are not yet out of the files.
func (v *Vault) DestroySecrets(ctx context.Context, names ...string) error {
	if err := check(ctx, names); err != nil || len(names) == 0 {
		return err
	}
	names = slices.Clone(names)
	return v.write(&request{ctx: ctx, destroys: true, apply: func(ctx context.Context, w *writer) error {
		for _, name := range names {
			if err := w.destroySecret(ctx, name); err != nil {
				return unavailable("destroying a secret", err)
			}
		}
		return nil
	}})
}

func (w *writer) destroySecret(ctx context.Context, name string) error {
	old, err := w.storedSecret(ctx, name)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return w.exec(ctx, w.put.burySecret, []byte(name), now())
	case err != nil || !old.live:
		return err
	default:
		return w.exec(ctx, w.put.wipeSecret, old.row, now(), 1)
	}
}

type storedSecret struct {
	row                 int64
	live                bool
	id, master, wrapped []byte
}

func (w *writer) storedSecret(ctx context.Context, name string) (storedSecret, error) {
	return scanSecret(w.put.findSecret.QueryRowContext(ctx, []byte(name)))
}

func scanSecret(row scanner) (s storedSecret, err error) {
	err = row.Scan(&s.row, &s.live, &s.id, &s.master, &s.wrapped)
	return s, err
}
