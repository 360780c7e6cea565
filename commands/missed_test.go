package commands_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/eventstore"
)

// missed are the verifications that came to nothing, as their account's owner sees them, the newest first.
func (w *world) missed(c domain.Caller) (out []string) {
	w.t.Helper()
	for _, e := range do(w, w.History, c, commands.ListHistory{Most: 200}).Entries {
		if e.Type == "verification.missed.v1" {
			out = append(out, string(e.Details))
		}
	}
	return out
}

// What an owner asked to prove and did not, or could not, is in their history once, whatever the reason, and in nobody else's.
func TestMissedVerificationsAreInTheHistory(t *testing.T) {
	w := newWorld(t)
	w.deps.Config.Unusual = commands.UnusualCode
	w.restart()
	c, eve := w.person(ada), w.person("eve@example.com")
	tried, expired := w.addContact(c, ada2), w.addContact(c, "third@example.net")
	w.attached(c, "proven@example.net")
	signIn := w.begin()
	code := w.message(tried, 1).Code
	for n := range domain.MaxTries {
		if got := w.missed(c); len(got) != 0 {
			t.Errorf("after %d tries: %v", n, got)
		}
		_, _ = w.check(tried, "00000000")
	}
	_, _ = w.check(tried, "00000000") // it has ended already
	want := func(n int, s commands.SignedUp, purpose domain.VerificationPurpose, reason domain.VerificationEndReason, tries int) {
		t.Helper()
		for range 2 { // settling once more says nothing more
			w.settled(s.Verification)
		}
		all := w.missed(c)
		said := fmt.Sprintf(`{"purpose":%q,"reason":%q,"tries":%d,"verification":%q}`, purpose, reason, tries, s.Verification)
		if len(all) != n || !strings.Contains(strings.Join(all, " "), said) {
			t.Errorf("%v, want %d with %s", all, n, said)
		}
	}
	want(1, tried, domain.VerifyAddContact, domain.EndTries, domain.MaxTries)
	w.clock.forward(domain.SignInLifetime)
	want(2, commands.SignedUp{Verification: domain.VerificationID(signIn.ID)}, domain.VerifySignIn, domain.EndExpired, 0)
	w.clock.forward(domain.VerificationLifetime)
	w.restart()
	want(3, expired, domain.VerifyAddContact, domain.EndExpired, 0)
	if all := strings.Join(w.missed(c), " "); strings.Contains(all, code) || strings.Contains(all, "example") {
		t.Error("a code or an address is in it")
	}
	if got := w.missed(eve); len(got) != 0 {
		t.Errorf("somebody else's: %v", got)
	}
}

// lateStore takes no append to a stream of a kind while told so.
type lateStore struct {
	eventstore.Store
	kind string
	out  atomic.Bool
}

func (s *lateStore) Append(ctx context.Context, stream string, expected int64, events ...eventstore.Event) (eventstore.Appended, error) {
	if s.out.Load() && strings.HasPrefix(stream, s.kind) {
		return eventstore.Appended{}, eventstore.ErrUnavailable
	}
	return s.Store.Append(ctx, stream, expected, events...)
}

// A crash right after a verification has ended loses nothing: the process that settles it says so.
func TestMissedAfterACrash(t *testing.T) {
	w := newWorld(t)
	c := w.person(ada)
	s := w.addContact(c, ada2)
	store := &lateStore{Store: w.store, kind: "missed-"}
	w.start(store, w.vault)
	store.out.Store(true)
	w.clock.forward(domain.VerificationLifetime)
	w.appended([]string{"verification.ended.v1"}, func() {
		refused(w, w.SettleVerification, domain.System(), commands.SettleVerification{ID: s.Verification}, domain.ErrUnavailable)
	})
	store.out.Store(false)
	w.restart()
	w.appended([]string{"verification.missed.v1"}, func() { w.settled(s.Verification) })
	w.appended(nil, func() { w.settled(s.Verification) })
	w.refusesKey(domain.VerificationKey(s.Verification))
	if got := w.missed(c); len(got) != 1 {
		t.Errorf("%v", got)
	}
}

// Two ends at one moment are both said.
func TestMissedTogether(t *testing.T) {
	w := newWorld(t)
	c := w.person(ada)
	var all []commands.SignedUp
	for n := range 8 {
		w.clock.forward(domain.ResendPause * 15)
		all = append(all, w.addContact(c, fmt.Sprintf("address%d@example.net", n)))
	}
	w.clock.forward(domain.VerificationLifetime)
	done := make(chan error)
	for _, s := range all {
		go func() {
			_, err := w.SettleVerification(t.Context(), request(domain.System()), commands.SettleVerification{ID: s.Verification})
			done <- err
		}()
	}
	for range all {
		if err := <-done; err != nil && !errors.Is(err, domain.ErrBusy) {
			t.Error(err)
		}
	}
	if got := w.missed(c); len(got) != len(all) {
		t.Errorf("%d of %d", len(got), len(all))
	}
}
