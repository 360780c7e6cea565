package commands_test

import (
	"context"
	"sync/atomic"
	"testing"

	"accountledger/commands"
	"accountledger/domain"
)

// inTurn asks several processes, one after the other.
func inTurn[I, O any](asks ...commands.Command[I, O]) commands.Command[I, O] {
	var n atomic.Int64
	return func(ctx context.Context, r commands.Request, in I) (commands.Answer[O], error) {
		return asks[int(n.Add(1))%len(asks)](ctx, r, in)
	}
}

// Many at once under one key, in two processes that know nothing of each other: one effect, one answer.
func TestManyProcessesUnderOneKey(t *testing.T) {
	w := newWorld(t)
	other := &world{t: t, clock: w.clock, store: w.store, vault: w.vault, deps: w.deps}
	other.restart()
	c := w.person(ada)
	w.appended([]string{"permission.granted.v1"}, func() {
		one(t, "permission", many(w, inTurn(w.SetPermission, other.SetPermission), keyed(c, "permission"), w.grant()))
	})
	var device commands.Device
	w.appended([]string{"device.linked.v1"}, func() {
		device = one(t, "device", many(w, inTurn(w.LinkDevice, other.LinkDevice), keyed(c, "device"), domain.LinkDevice{Kind: "watch", Model: "3", Name: "mine"}))
	})
	w.appended([]string{"device.unlinked.v1"}, func() {
		many(w, inTurn(w.UnlinkDevice, other.UnlinkDevice), keyed(c, "unlink"), commands.UnlinkDevice{ID: device.ID})
	})
	w.appended([]string{"service.added.v1"}, func() {
		add := commands.AddService{Name: "maps", Allowed: []domain.Allowance{weather}}
		one(t, "service", many(w, inTurn(w.AddService, other.AddService), keyed(domain.Operator(1), "service"), add))
	})
	var up commands.SignedUp
	w.appended([]string{"delivery.admitted.v1", "sign_up.requested.v1"}, func() {
		up = one(t, "sign-up", many(w, inTurn(w.SignUp, other.SignUp), keyed(domain.Guest(), "sign_up"), signUpOf("eve@example.com")))
	})
	check := commands.CheckCode{Verification: up.Verification, Handle: up.Handle, Code: w.message(up, 1).Code}
	w.appended([]string{"verification.passed.v1", "identifier.claimed.v1", "account.opened.v1", "sign_up.completed.v1"}, func() {
		one(t, "check", many(w, inTurn(w.CheckCode, other.CheckCode), keyed(domain.Guest(), "check"), check))
	})
	var in []commands.SignedIn
	w.appended([]string{"client.known.v1", "session.started.v1"}, func() {
		in = many(w, inTurn(w.SignIn, other.SignIn), keyed(domain.Guest(), "sign_in"), signInOf("eve@example.com"))
	})
	for _, again := range in {
		if again.Token != in[0].Token {
			t.Fatal("two sessions")
		}
	}
	eve, err := other.Authenticate(t.Context(), in[0].Token)
	if err != nil {
		t.Fatal(err)
	}
	w.appended([]string{"erasure.requested.v1"}, func() {
		one(t, "erasure", many(w, inTurn(w.RequestErasure, other.RequestErasure), keyed(eve, "erase"), commands.RequestErasure{}))
	})
	w.unique()
}
