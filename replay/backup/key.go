package backup

import (
	"context"
	"errors"
	"fmt"

	"accountledger/vault"
)

// Key is the vault's key that signs lists. It is made if it is not there: a backup of today may be restored with a list that is begun
// tomorrow.
func Key(ctx context.Context, v vault.Vault) (*vault.Key, error) {
	key, err := v.Key(ctx, KeyName)
	if errors.Is(err, vault.ErrNotFound) {
		var keys []*vault.Key
		if keys, err = v.CreateKeys(ctx, KeyName); err == nil {
			key = keys[0]
		}
	}
	if err != nil {
		return nil, fmt.Errorf("the key of the list of destructions: %w", err)
	}
	return key, nil
}
