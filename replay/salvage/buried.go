package salvage

import (
	"context"
	"slices"
	"time"

	"accountledger/vault"
)

// buried is a vault that knows some more keys as destroyed.
type buried struct {
	vault.Portable
	keys []string
	at   time.Time
}

// Dump yields the vault's rows, and tombstones of the keys.
func (b *buried) Dump(ctx context.Context, yield func([]vault.Row) error) error {
	if err := b.Portable.Dump(ctx, yield); err != nil {
		return err
	}
	for names := range slices.Chunk(b.keys, vault.RowsAtOnce) {
		rows := make([]vault.Row, len(names))
		for i, name := range names {
			rows[i] = vault.Row{Kind: vault.KindKey, Name: name, At: b.at.UTC(), Destroyed: true}
		}
		if err := yield(rows); err != nil {
			return err
		}
	}
	return nil
}
