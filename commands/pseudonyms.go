package commands

import (
	"context"
	"encoding/hex"

	"github.com/google/uuid"

	"accountledger/domain"
	"accountledger/vault"
)

// PseudonymsOf gives the pseudonyms of one day for the security log. They derive from the day's key, so all processes
// of a ledger write the same ones, and nobody can link or recompute them once Retain has destroyed that key.
type PseudonymsOf func(ctx context.Context, day domain.Day) (Pseudonyms, error)

// Pseudonyms gives the pseudonym of some values on one day: 16 hexadecimal digits. Pseudonyms for different uses cannot be
// linked.
type Pseudonyms func(use string, values ...string) string

func (c *core) pseudonymsOf(ctx context.Context, day domain.Day) (Pseudonyms, error) {
	k, err := c.dayKey(ctx, day)
	if err != nil {
		return nil, err
	}
	key := vault.NewKey("security log", uuid.Nil, k.MAC([]byte("security log")))
	return func(use string, values ...string) string {
		parts := [][]byte{[]byte(use)}
		for _, v := range values {
			parts = append(parts, []byte(v))
		}
		mac := key.MAC(parts...)
		return hex.EncodeToString(mac[:8])
	}, nil
}
