package commands_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/vault"
)

// countedVault counts how often it is asked for keys.
type countedVault struct {
	vault.Vault
	asked *atomic.Int64
}

func (v countedVault) Keys(ctx context.Context, names ...string) ([]*vault.Key, error) {
	v.asked.Add(1)
	return v.Vault.Keys(ctx, names...)
}

func (v countedVault) Key(ctx context.Context, name string) (*vault.Key, error) {
	v.asked.Add(1)
	return v.Vault.Key(ctx, name)
}

// However many events are shown, the vault is asked for their keys as often as for a few: once, and once more for the destroyed key of the sign-up.
func TestTheVaultIsAskedOnceForManyEvents(t *testing.T) {
	w := newWorld(t)
	var asked atomic.Int64
	w.start(w.store, countedVault{w.vault, &asked})
	person, officer := w.person(ada), w.officer("grace@example.com", domain.RoleCompliance)
	show := commands.ShowAccount{Why: commands.Why{Purpose: domain.LookSubjectRequest, Case: "DSR-1"}, Account: person.Account}
	count := func() (history, account int64) {
		asked.Store(0)
		do(w, w.History, person, commands.ListHistory{Most: 200})
		history = asked.Swap(0)
		do(w, w.ShowAccount, officer, show)
		return history, asked.Load()
	}
	link := func(n int) {
		d := do(w, w.LinkDevice, person, domain.LinkDevice{Kind: "watch", Model: "Model 3", Name: fmt.Sprint(n)})
		do(w, w.RenameDevice, person, commands.RenameDevice{ID: d.ID, Name: "another name"})
	}
	link(0)
	history, account := count()
	for n := range 15 {
		link(n)
	}
	if h, a := count(); h != history || a != account || h > 2 || a > 3 {
		t.Errorf("asked %d and %d times, with 30 events fewer %d and %d", h, a, history, account)
	}
}
