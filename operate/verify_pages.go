package operate

import (
	"context"
	"errors"

	"accountledger/pagesum"
	"accountledger/replay/audit"
	"accountledger/vault"
)

// Paged is a vault whose file can be read page by page, each against its checksum.
type Paged interface {
	Verify(ctx context.Context) error
}

// verifyPages gives the first damaged page of the vault as a fault; nil when there is none, or no such file.
func verifyPages(ctx context.Context, v vault.Vault) (*audit.Fault, error) {
	p, ok := v.(Paged)
	if !ok {
		return nil, nil // no fault
	}
	err := p.Verify(ctx)
	if !errors.Is(err, vault.ErrCorrupt) {
		return nil, err
	}
	fault := &audit.Fault{Where: audit.InVault, Reason: err.Error()}
	var damage *pagesum.DamageError
	if errors.As(err, &damage) {
		fault.File, fault.Offset = damage.File, damage.Offset
	}
	return fault, nil
}
