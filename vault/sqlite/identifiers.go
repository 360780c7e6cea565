package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"accountledger/vault"
)

// InsertIdentifier implements vault.Vault.
func (v *Vault) InsertIdentifier(ctx context.Context, digest vault.Digest, claim uuid.UUID) (uuid.UUID, error) {
	if err := vault.CheckClaim(claim); err != nil {
		return uuid.Nil, err
	}
	held, err := v.Identifier(ctx, digest)
	if !errors.Is(err, vault.ErrNotFound) {
		return held, err
	}
	holds := make(chan uuid.UUID, 1)
	err = v.write(&request{ctx: ctx, apply: func(ctx context.Context, w *writer) error {
		held, err := w.insertIdentifier(ctx, digest, claim)
		holds <- held
		return err
	}})
	if err != nil {
		return uuid.Nil, err
	}
	return <-holds, nil
}

func (w *writer) insertIdentifier(ctx context.Context, digest vault.Digest, claim uuid.UUID) (uuid.UUID, error) {
	held, err := scanClaim(w.put.findIdentifier.QueryRowContext(ctx, digest[:]))
	if !errors.Is(err, sql.ErrNoRows) {
		return held, readError(ctx, err)
	}
	var row int64
	err = w.put.findClaim.QueryRowContext(ctx, claim[:]).Scan(&row)
	if err == nil {
		return uuid.Nil, fmt.Errorf("%w: the claim belongs to another digest", vault.ErrInvalid)
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return uuid.Nil, unavailable("inserting an identifier", err)
	}
	if err := w.exec(ctx, w.put.insertIdentifier, digest[:], claim[:]); err != nil {
		return uuid.Nil, unavailable("inserting an identifier", err)
	}
	return claim, nil
}

// Identifier implements vault.Vault.
func (v *Vault) Identifier(ctx context.Context, digest vault.Digest) (claim uuid.UUID, err error) {
	err = v.reading(ctx, func() error {
		var err error
		claim, err = scanClaim(v.find.identifier.QueryRowContext(ctx, digest[:]))
		return readError(ctx, err)
	})
	return claim, err
}

// DeleteIdentifier implements vault.Vault. ErrRemains if the bytes are not yet out of the files.
func (v *Vault) DeleteIdentifier(ctx context.Context, claim uuid.UUID) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := vault.CheckClaim(claim); err != nil {
		return err
	}
	return v.write(&request{ctx: ctx, destroys: true, apply: func(ctx context.Context, w *writer) error {
		var row int64
		err := w.put.findClaim.QueryRowContext(ctx, claim[:]).Scan(&row)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err == nil {
			err = w.exec(ctx, w.put.wipeIdentifier, row)
		}
		if err != nil {
			return unavailable("deleting an identifier", err)
		}
		return nil
	}})
}

// Ping implements vault.Vault: it writes, so that it notices a full or read-only disk.
func (v *Vault) Ping(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return v.write(&request{ctx: ctx, apply: func(ctx context.Context, w *writer) error {
		if err := w.exec(ctx, w.put.touch, now()); err != nil {
			return unavailable("writing", err)
		}
		return nil
	}})
}

func scanClaim(row scanner) (uuid.UUID, error) {
	var id int64
	var claim []byte
	if err := row.Scan(&id, &claim); err != nil {
		return uuid.Nil, err
	}
	held, err := uuid.FromBytes(claim)
	if err != nil {
		return uuid.Nil, fmt.Errorf("%w: a claim", vault.ErrCorrupt)
	}
	return held, nil
}
