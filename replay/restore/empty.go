package restore

import (
	"context"
	"fmt"

	"accountledger/replay/transfer"
	"accountledger/vault"
)

// CheckEmpty refuses a log or a vault that holds anything.
func CheckEmpty(ctx context.Context, side transfer.Side) error {
	for _, err := range transfer.Events(ctx, side.Log) {
		if err != nil {
			return err
		}
		return fmt.Errorf("log: %w", ErrNotEmpty)
	}
	return side.Vault.Dump(ctx, func(rows []vault.Row) error {
		if len(rows) > 0 {
			return fmt.Errorf("vault: %w", ErrNotEmpty)
		}
		return nil
	})
}
