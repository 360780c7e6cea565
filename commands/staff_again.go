package commands

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"accountledger/domain"
	"accountledger/vault"
)

// freeUnused frees the address of an officer who has left, or whose one-time code expired unused, so that they can be added again. The earlier
// officer stays in the log; the personal data of one who never enrolled is destroyed.
func (k *call) freeUnused(ctx context.Context, digest vault.Digest, next uuid.UUID) error {
	row, err := k.Vault.Identifier(ctx, digest)
	if errors.Is(err, vault.ErrNotFound) || row == next {
		return nil
	} else if err != nil {
		return err
	}
	id := domain.StaffID{UUID: row}
	staff, err := stateOf(ctx, k.staffStream(id))
	switch {
	case err != nil:
		return err
	case staff.Ended: // who they were stays readable
		return k.Vault.DeleteIdentifier(ctx, row)
	case !staff.Unused(k.now):
		return nil
	}
	return errors.Join(k.Vault.DeleteIdentifier(ctx, row), k.Journal.Destroy(ctx, domain.StaffKey(id)))
}
