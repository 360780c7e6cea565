package transfer

import (
	"context"
	"errors"

	"accountledger/eventstore"
	"accountledger/vault"
)

// MissingKeys finds the names of the keys that a log names and a vault does not know, not even as destroyed, each once: found may
// destroy the key there. The error is found's, the log's or the vault's; keys that exist but are damaged are not missing.
func MissingKeys(ctx context.Context, log eventstore.Store, v vault.Vault, found func(name string) error) error {
	seen := map[string]struct{}{}
	for e, err := range read(ctx, log, eventstore.Position{}) {
		if err != nil {
			return err
		}
		if strangers(e.Metadata) {
			continue
		}
		for _, name := range KeysNamed(e.Data) {
			if _, known := seen[name]; known {
				continue
			}
			seen[name] = struct{}{}
			switch _, err := v.Key(ctx, name); {
			case errors.Is(err, vault.ErrNotFound):
				if err := found(name); err != nil {
					return err
				}
			case err != nil && !errors.Is(err, vault.ErrDestroyed) && !damaged(err):
				return err
			}
		}
		if len(seen) > keysNoticed {
			clear(seen)
		}
	}
	return nil
}
