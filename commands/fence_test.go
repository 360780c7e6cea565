package commands_test

import (
	"testing"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/eventstore"
)

// A fenced log takes nothing more, and what needs no entry is answered as before.
func TestFencedLog(t *testing.T) {
	w := newWorld(t)
	person, service, set := w.person(ada), w.service("weather-app"), w.grant()
	if err := w.store.(eventstore.Fencer).Fence(t.Context(), eventstore.Fence{Reason: eventstore.FenceArchive}); err != nil {
		t.Fatal(err)
	}
	w.appended(nil, func() {
		refused(w, w.SetPermission, person, set, domain.ErrUnavailable)
		refused(w, w.SignUp, domain.Guest(), signUpOf("bob@example.com"), domain.ErrUnavailable)
		refused(w, w.DecideAccess, service, commands.DecideAccess{Account: person.Account, Permission: weather.Permission, Purpose: weather.Purpose},
			domain.ErrUnavailable)
	})
	if me := do(w, w.Me, person, struct{}{}); me.Email != ada {
		t.Error("she cannot read what is hers")
	}
}
