package commands_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"accountledger/domain"
	"accountledger/vault"
)

// waitingVault lets something happen while a password's hash is read, once.
type waitingVault struct {
	vault.Vault
	meanwhile func()
}

func (v waitingVault) Key(ctx context.Context, name string) (*vault.Key, error) {
	if strings.HasPrefix(name, "password/") {
		v.meanwhile()
	}
	return v.Vault.Key(ctx, name)
}

func (v waitingVault) Keys(ctx context.Context, names ...string) ([]*vault.Key, error) {
	if slices.ContainsFunc(names, func(name string) bool { return strings.HasPrefix(name, "password/") }) {
		v.meanwhile()
	}
	return v.Vault.Keys(ctx, names...)
}

// A sign-in whose password is checked while its owner signs out everywhere gets a session that lives (P10): the account is read again once
// the password is known to be right.
func TestASignInThatWaited(t *testing.T) {
	w := newWorld(t)
	c := w.person(ada)
	elsewhere, slow := *w, *w
	elsewhere.restart()
	waited := false
	slow.start(w.store, waitingVault{w.vault, func() {
		waited = true
		do(&elsewhere, elsewhere.SignOutEverywhere, c, struct{}{})
	}})
	in := do(&slow, slow.SignIn, domain.Guest(), signInOf(ada))
	if _, err := elsewhere.Authenticate(t.Context(), in.Token); err != nil || !waited {
		t.Errorf("a dead token: %v", err)
	}
}

// One that needs a code as well can be continued then.
func TestASignInWithACodeThatWaited(t *testing.T) {
	w, known := askingWorld(t)
	c := w.authenticated(known.Token)
	elsewhere, slow := *w, *w
	elsewhere.restart()
	waited := false
	slow.start(w.store, waitingVault{w.vault, func() {
		waited = true
		do(&elsewhere, elsewhere.SignOutEverywhere, c, struct{}{})
	}})
	p := slow.begin()
	in := do(&elsewhere, elsewhere.ContinueSignIn, domain.Guest(), withCode(p, elsewhere.codeOf(p)))
	if _, err := elsewhere.Authenticate(t.Context(), in.Token); err != nil || !waited {
		t.Errorf("a dead token: %v", err)
	}
}
