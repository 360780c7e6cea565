package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"accountledger/pagesum"
	"accountledger/vault"
)

// Verify reads every page of the vault's file from disk and checks its structure. It returns
// vault.ErrCorrupt, with the file and the offset (pagesum.DamageError) if a page does not match its checksum. Reads and writes go on
// meanwhile; a destruction waits for the current step, some thousand pages.
func (v *Vault) Verify(ctx context.Context) error {
	vfs, err := pagesum.VFS()
	if err != nil {
		return unavailable("verifying", err)
	}
	return v.verify(ctx, address(v.path, vfs, v.patience, true))
}

// verify does this on a connection of its own.
func (v *Vault) verify(ctx context.Context, from string) (err error) {
	db, err := sql.Open("sqlite", from)
	if err != nil {
		return unavailable("verifying", err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	conn, err := db.Conn(ctx)
	if err != nil {
		return v.placed(unavailable("verifying", err))
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	err = pagesum.Verify(ctx, conn, v.path, func(read func() error) error { return v.reading(ctx, read) })
	switch {
	case err == nil, ctx.Err() != nil, errors.Is(err, ErrClosed):
		return err
	case errors.Is(err, pagesum.ErrStructure):
		return fmt.Errorf("%w: verifying: %w", vault.ErrCorrupt, err)
	default:
		return unavailable("verifying", err)
	}
}
