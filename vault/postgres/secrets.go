package postgres

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"accountledger/vault"
)

const (
	findSecret = "SELECT live, id, master, wrapped FROM secrets WHERE name = $1"
	putSecret  = `INSERT INTO secrets (name, live, id, master, wrapped) VALUES ($1, true, $2, $3, $4)
		ON CONFLICT (name) DO UPDATE SET at = clock_timestamp(), id = excluded.id, master = excluded.master,
			wrapped = excluded.wrapped WHERE secrets.live`
	destroySecrets = `INSERT INTO secrets (name, live) SELECT t.name, false FROM unnest($1::bytea[]) AS t (name) ORDER BY t.name
		ON CONFLICT (name) DO UPDATE SET live = false, at = clock_timestamp(), id = NULL, master = NULL, wrapped = NULL
			WHERE secrets.live`
)

// PutSecret implements vault.Vault.
func (v *Vault) PutSecret(ctx context.Context, name string, secret []byte) error {
	if err := v.check(ctx, []string{name}); err != nil {
		return err
	}
	if err := vault.CheckSecret(secret); err != nil {
		return err
	}
	id, err := uuid.NewRandom()
	if err != nil {
		return unavailable("putting a secret", err)
	}
	return v.writing(ctx, "putting a secret", func(ctx context.Context, conn *pgx.Conn, u use) error {
		wrapped, err := u.current.WrapSecret(name, id, secret)
		if err != nil {
			return err
		}
		tag, err := conn.Exec(ctx, putSecret, []byte(name), id, u.current.ID, wrapped)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return fmt.Errorf("%w: secret %q", vault.ErrDestroyed, name)
		}
		return nil
	})
}

// Secret implements vault.Vault. Secrets are not cached.
func (v *Vault) Secret(ctx context.Context, name string) (secret []byte, err error) {
	if err := v.check(ctx, []string{name}); err != nil {
		return nil, err
	}
	err = v.reading(ctx, func(ctx context.Context) error {
		var live bool
		var id, master *uuid.UUID
		var wrapped []byte
		err := v.pool.QueryRow(ctx, findSecret, []byte(name)).Scan(&live, &id, &master, &wrapped)
		if err != nil {
			return err
		}
		if !live {
			return fmt.Errorf("%w: secret %q", vault.ErrDestroyed, name)
		}
		m, err := v.master(*master)
		if err == nil {
			secret, err = m.UnwrapSecret(name, *id, wrapped)
		}
		if err != nil {
			return fmt.Errorf("secret %q: %w", name, err)
		}
		return nil
	})
	return secret, err
}

// DestroySecrets implements vault.Vault. The bytes may remain in the server's files; see the package's comment.
func (v *Vault) DestroySecrets(ctx context.Context, names ...string) error {
	if err := v.check(ctx, names); err != nil || len(names) == 0 {
		return err
	}
	return v.call(ctx, "destroying secrets", func(ctx context.Context) error {
		_, err := v.pool.Exec(ctx, destroySecrets, bytesOf(distinct(names)))
		return err
	})
}
