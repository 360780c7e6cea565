package backup

import (
	"context"

	"accountledger/vault"
)

// Applier destroys in a vault what a list records, many at once. Call End.
type Applier struct {
	vault vault.Vault
	todo  Destroyed
	// Names and Claims count what was applied.
	Names, Claims int64
}

// NewApplier returns an applier for a vault.
func NewApplier(v vault.Vault) *Applier { return &Applier{vault: v} }

// Apply adds an entry.
func (a *Applier) Apply(ctx context.Context, d Destroyed) error {
	a.todo.add(d)
	if a.todo.names() < vault.RowsAtOnce {
		return nil
	}
	return a.End(ctx)
}

// End destroys what is left.
func (a *Applier) End(ctx context.Context) error {
	if err := a.vault.DestroyKeys(ctx, a.todo.Keys...); err != nil {
		return err
	}
	if err := a.vault.DestroySecrets(ctx, a.todo.Secrets...); err != nil {
		return err
	}
	for _, c := range a.todo.Claims {
		if err := a.vault.DeleteIdentifier(ctx, c); err != nil {
			return err
		}
	}
	a.Names += int64(len(a.todo.Keys) + len(a.todo.Secrets))
	a.Claims += int64(len(a.todo.Claims))
	a.todo = Destroyed{}
	return nil
}
