package commands_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/vault"
)

// observed is a vault that notes which keys it was asked for, one entry for each call.
type observed struct {
	vault.Vault
	calls [][]string
}

func (o *observed) Keys(ctx context.Context, names ...string) ([]*vault.Key, error) {
	o.calls = append(o.calls, slices.Sorted(slices.Values(names)))
	return o.Vault.Keys(ctx, names...)
}

// A look fetches, in one call, just the keys of the parts that were asked for.
func TestRevealAsksForTheKeysOfWhatItShows(t *testing.T) {
	w := newWorld(t)
	person := w.person(ada)
	first := do(w, w.LinkDevice, person, domain.LinkDevice{Kind: "phone", Model: "Pixel 9", Name: "Hers"})
	second := do(w, w.LinkDevice, person, domain.LinkDevice{Kind: "watch", Model: "Model 3", Name: "Too"})
	officer := w.officer("grace@example.com", domain.RoleCompliance)
	o := &observed{Vault: w.vault}
	w.start(w.store, o)
	claim := ""
	for _, f := range w.log() {
		if e, ok := f.Event.(domain.AccountOpened); ok {
			claim = domain.IdentifierKey(e.Claim)
		}
	}
	account, devices := domain.AccountKey(person.Account), []string{domain.DeviceKey(first.ID), domain.DeviceKey(second.ID)}
	month := domain.MonthKey(domain.MonthOf(w.clock.Now()))
	look := func(want []string, parts ...domain.RevealedPart) commands.Revealed {
		t.Helper()
		o.calls = nil
		out := do(w, w.Reveal, officer, commands.Reveal{Why: commands.Why{Purpose: domain.LookSupport, Case: "SUP-2026-0042"}, Account: person.Account, Parts: parts})
		slices.Sort(want)
		if len(o.calls) != 1 || !slices.Equal(o.calls[0], want) {
			t.Errorf("%v: asked for %v, want %v", parts, o.calls, want)
		}
		return out
	}
	if out := look([]string{account}, domain.RevealBirth); out.BirthMonth != "1990-05" || len(out.Emails) > 0 || out.Devices != nil || out.Clients != nil {
		t.Error("not the month of birth alone")
	}
	if out := look([]string{account, claim}, domain.RevealEmail); fmt.Sprint(out.Emails) != "["+ada+"]" || out.BirthMonth != "" {
		t.Error("not the address alone")
	}
	if out := look(append(devices, account), domain.RevealNames); len(out.Devices) != 2 || out.Devices[0].Name != "Hers" || out.Devices[0].Model != "" {
		t.Error("not the names alone")
	}
	if out := look([]string{account, month}, domain.RevealClients); len(out.Clients) != 1 || out.Clients[0].Client.Address == "" {
		t.Error("not the clients alone")
	}
	all := look(append(devices, account, claim, month), domain.RevealEmail, domain.RevealBirth, domain.RevealModels, domain.RevealNames, domain.RevealClients)
	if fmt.Sprint(all.Emails) != "["+ada+"]" || all.Devices[1].Model != "Model 3" || all.Devices[1].Name != "Too" || len(all.Clients) != 1 {
		t.Error("not everything")
	}

	do(w, w.UnlinkDevice, person, commands.UnlinkDevice{ID: first.ID})
	if err := w.journal.Destroy(t.Context(), claim); err != nil {
		t.Fatal(err)
	}
	if out := look([]string{account, claim}, domain.RevealEmail, domain.RevealBirth); len(out.Emails) > 0 || out.BirthMonth != "1990-05" {
		t.Error("a destroyed key takes more with it than its own part")
	}
}
