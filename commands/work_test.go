package commands_test

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"strings"
	"testing"
	"time"

	"accountledger/commands"
	"accountledger/domain"
)

// solve finds a nonce for a challenge.
func solve(w *domain.Work) commands.Work {
	for n := 0; ; n++ {
		nonce := fmt.Sprint(n)
		sum := sha256.Sum256([]byte(w.Challenge + ":" + nonce))
		if bits.LeadingZeros32(binary.BigEndian.Uint32(sum[:])) >= w.Bits {
			return commands.Work{Challenge: w.Challenge, Nonce: nonce}
		}
	}
}

// workingWorld is a ledger with the limits by default but for the work, which is little.
func workingWorld(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	w.account(ada)
	w.clock.forward(48 * time.Hour)
	w.deps.Config.Limits.SignUps, w.deps.Config.WorkBits = commands.DefaultLimits().SignUps, 8
	w.restart()
	return w
}

func (w *world) signUpWith(address, email string, work commands.Work) (*domain.Work, error) {
	r := request(domain.Guest())
	r.Client.Address = address
	in := signUpOf(email)
	in.Work = work
	_, err := w.SignUp(w.t.Context(), r, in)
	var refusal *domain.Error
	if errors.As(err, &refusal) {
		return refusal.Work, err
	}
	return nil, err
}

// A network that has used up its sign-ups gets more for work, up to ten times as many; a challenge is good for one address from one network.
func TestWorkForANetwork(t *testing.T) {
	w := workingWorld(t)
	for n := range 10 {
		if _, err := w.signUpWith(network(1), fmt.Sprintf("p%d@example.com", n), commands.Work{}); err != nil {
			t.Fatal(err)
		}
	}
	w.restart()
	asked, err := w.signUpWith(network(1), "one@example.com", commands.Work{})
	if !errors.Is(err, domain.ErrWork) || asked == nil || asked.Bits != 8 {
		t.Fatalf("%v", err)
	}
	if _, err := w.signUpWith(network(1), ada, commands.Work{}); !errors.Is(err, domain.ErrWork) {
		t.Errorf("a taken address: %v", err)
	}
	done := solve(asked)
	for name, try := range map[string]func() error{
		"no nonce": func() error {
			_, err := w.signUpWith(network(1), "one@example.com", commands.Work{Challenge: done.Challenge})
			return err
		},
		"a long nonce": func() error {
			_, err := w.signUpWith(network(1), "one@example.com", commands.Work{Challenge: done.Challenge, Nonce: strings.Repeat("0", 100)})
			return err
		},
		"another address": func() error { _, err := w.signUpWith(network(1), "two@example.com", done); return err },
		"made up": func() error {
			_, err := w.signUpWith(network(1), "one@example.com", commands.Work{Challenge: "AAAA", Nonce: "1"})
			return err
		},
	} {
		if err := try(); !errors.Is(err, domain.ErrWork) {
			t.Errorf("%s: %v", name, err)
		}
	}
	other := solve(asked)
	if _, err := w.signUpWith(network(1), "one@example.com", other); err != nil {
		t.Errorf("solved: %v", err)
	}
	late, _ := w.signUpWith(network(1), "late@example.com", commands.Work{})
	solved := solve(late)
	w.clock.forward(2 * time.Minute)
	if _, err := w.signUpWith(network(1), "late@example.com", solved); !errors.Is(err, domain.ErrWork) {
		t.Errorf("a challenge that has ended: %v", err)
	}
	passed := 11
	for n := range 200 {
		email := fmt.Sprintf("q%d@example.com", n)
		work, err := w.signUpWith(network(1), email, commands.Work{})
		if work == nil {
			t.Fatal(err)
		}
		if _, err = w.signUpWith(network(1), email, solve(work)); errors.Is(err, domain.ErrRate) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		passed++
	}
	if passed != 100 {
		t.Errorf("%d sign-ups from one network with work", passed)
	}
	w.unique()
}

// Who asks from many networks for messages to one address needs work for the second half of what it may be sent; alike for a taken one. The
// owner's own request then costs a moment, and no waiting.
func TestWorkForAnAddress(t *testing.T) {
	w := workingWorld(t)
	for _, email := range []string{ada, "free@example.com"} {
		for n := range 5 {
			if _, err := w.signUpWith(network(n), email, commands.Work{}); err != nil {
				t.Fatal(err)
			}
		}
		asked, err := w.signUpWith(network(6), email, commands.Work{})
		if !errors.Is(err, domain.ErrWork) || asked == nil {
			t.Fatalf("%s: %v", email, err)
		}
		if _, err := w.signUpWith(network(7), email, solve(asked)); !errors.Is(err, domain.ErrWork) {
			t.Errorf("%s, another network: %v", email, err)
		}
		for n := range 5 {
			asked, err := w.signUpWith(network(10+n), email, commands.Work{})
			if asked == nil {
				t.Fatal(err)
			}
			if _, err := w.signUpWith(network(10+n), email, solve(asked)); err != nil {
				t.Errorf("%s: %v", email, err)
			}
		}
		asked, err = w.signUpWith(network(20), email, commands.Work{})
		if asked != nil || !errors.Is(err, domain.ErrMessages) {
			t.Errorf("%s, past all that it may be sent: %v", email, err)
		}
	}
}

// Another code asks for work, too.
func TestWorkForAnotherCode(t *testing.T) {
	w := workingWorld(t)
	const email = "free@example.com"
	mine := w.signUp(email)
	for n := range 4 {
		if _, err := w.signUpWith(network(n), email, commands.Work{}); err != nil {
			t.Fatal(err)
		}
	}
	w.clock.forward(2 * time.Minute)
	in := commands.Resend{Verification: mine.Verification, Handle: mine.Handle}
	_, err := w.Resend(t.Context(), request(domain.Guest()), in)
	var refusal *domain.Error
	if !errors.As(err, &refusal) || refusal.Work == nil {
		t.Fatalf("%v", err)
	}
	in.Work = solve(refusal.Work)
	if _, err := w.Resend(t.Context(), request(domain.Guest()), in); err != nil {
		t.Error(err)
	}
}
