package commands_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"accountledger/commands"
	"accountledger/domain"
)

// Making many verifications of one address beforehand gains nothing: once twenty codes were wrong, no short code
// passes any more, not even the right one, and a resend brings one that cannot be guessed.
func TestVerificationsMadeBeforehandDoNotHelpGuessing(t *testing.T) {
	w := newWorld(t)
	var made []commands.SignedUp
	for n := range 6 {
		made = append(made, w.signUpAt(n, ada))
	}
	mine, code := made[5], w.message(made[5], 1).Code
	for n := range 20 {
		if _, err := w.check(made[n/4], fmt.Sprintf("%06d", 1_000_000+n)[:6]+"x"); err == nil {
			t.Fatal("a wrong code passed")
		}
	}
	if _, err := w.check(mine, code); err == nil {
		t.Fatal("a short code passed after twenty wrong ones")
	}
	w.clock.forward(2 * time.Minute)
	do(w, w.Resend, domain.Guest(), commands.Resend{Verification: mine.Verification, Handle: mine.Handle})
	long := w.message(mine, 2).Code
	if len(long) != 13 {
		t.Fatalf("the new code has %d characters", len(long))
	}
	if _, err := w.check(mine, long); err != nil {
		t.Errorf("the owner is locked out: %v", err)
	}
}

// Guests choose their Idempotency-Keys. Two people who chose the same one share nothing that derives from it.
func TestOneKeyOfTwoPeopleMakesTwoSecrets(t *testing.T) {
	w := newWorld(t)
	const bob = "bob@example.com"
	w.account(ada)
	w.account(bob)
	r := keyed(domain.Guest(), "signIn")
	r.Key = uuid.NewString()
	one, err := w.SignIn(t.Context(), r, signInOf(ada))
	if err != nil {
		t.Fatal(err)
	}
	two, err := w.SignIn(t.Context(), r, signInOf(bob))
	if err != nil {
		t.Fatal(err)
	}
	const secret = 43 // characters of base64 that hold the last 32 bytes
	a, b := string(one.Value.Token), string(two.Value.Token)
	if a[len(a)-secret:] == b[len(b)-secret:] || one.Value.Session == two.Value.Session {
		t.Error("two people have one secret")
	}
	again, err := w.SignIn(t.Context(), r, signInOf(ada))
	if err != nil || again.Value.Token != one.Value.Token {
		t.Errorf("a repeat got another token: %v", err)
	}
	c, err := w.Authenticate(t.Context(), one.Value.Token)
	if err != nil {
		t.Fatal(err)
	}
	do(w, w.EndSession, c, commands.EndSession{ID: c.Session})
	if _, err := w.SignIn(t.Context(), r, signInOf(ada)); err == nil {
		t.Error("a repeat after sign-out got a token that is dead")
	}
}
