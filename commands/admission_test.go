package commands_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"accountledger/commands"
	"accountledger/domain"
)

// from is a guest's request from an address.
func from(address string) commands.Request {
	r := request(domain.Guest())
	r.Client.Address = address
	return r
}

// over must be refused because of a budget, with a time to wait within bounds.
func over(t *testing.T, err error, most time.Duration) {
	t.Helper()
	var refusal *domain.Error
	if !errors.As(err, &refusal) || refusal.Code != domain.ErrMessages.Code || refusal.Kind != domain.RateLimited ||
		refusal.Retry < 1 || refusal.Retry > int(most/time.Second) {
		t.Errorf("not refused as over the limit: %v", err)
	}
}

func (w *world) signUpFrom(address, email string) error {
	_, err := w.SignUp(w.t.Context(), from(address), signUpOf(email))
	return err
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// A stranger who asks for one address again and again takes nothing from its owner, who is elsewhere.
func TestAStrangerUsesUpNothing(t *testing.T) {
	w := newWorld(t)
	for i := range 5 {
		err := w.signUpFrom(fmt.Sprintf("192.0.2.%d", i), ada) // one network
		if i < 3 {
			w.must(err)
		} else {
			over(t, err, time.Hour)
		}
	}
	w.must(w.signUpFrom("192.0.2.1", "eve@example.com")) // another address is another budget
	w.must(w.signUpFrom("198.51.100.1", ada))
	over(t, w.signUpFrom("::ffff:192.0.2.9", ada), time.Hour) // the same network, written otherwise

	w.clock.forward(time.Hour) // and what was refused did not count
	w.must(w.signUpFrom("192.0.2.1", ada))
}

// An IPv6 client has a whole network to take addresses from.
func TestANetworkIsOneAsker(t *testing.T) {
	w := newWorld(t)
	for i := range 3 {
		w.must(w.signUpFrom(fmt.Sprintf("2001:db8:1:%d::1", i), ada))
	}
	over(t, w.signUpFrom("2001:db8:1:ffff::1", ada), time.Hour)
	w.must(w.signUpFrom("2001:db8:2::1", ada))
}

// What is refused leaves nothing behind, and what is resent within a minute asks for no message.
func TestOverTheLimitNothingIsDone(t *testing.T) {
	w := newWorld(t)
	var limited []domain.MessageClass
	w.deps.Limited = func(c domain.MessageClass) { limited = append(limited, c) }
	w.restart()
	first := w.signUp(ada)
	resend := commands.Resend{Verification: first.Verification, Handle: first.Handle}
	w.appended(nil, func() { do(w, w.Resend, domain.Guest(), resend) })
	w.clock.forward(2 * time.Minute)
	do(w, w.Resend, domain.Guest(), resend)
	w.clock.forward(2 * time.Minute)
	do(w, w.Resend, domain.Guest(), resend)
	w.clock.forward(2 * time.Minute)
	code := w.message(first, 3).Code
	w.appended(nil, func() {
		over(t, w.signUpFrom("192.0.2.7", ada), time.Hour)
		_, err := w.Resend(t.Context(), request(domain.Guest()), resend)
		over(t, err, time.Hour)
	})
	if len(limited) != 2 || limited[0] != domain.ClassGuest || limited[1] != domain.ClassGuest {
		t.Errorf("counted as limited: %v", limited)
	}
	if _, err := w.check(first, code); err != nil { // the code that was sent is as good as before
		t.Error(err)
	}
}

// Who is signed in has a budget of their own, which no stranger touches and which touches no stranger's.
func TestOwnMessagesHaveABudgetOfTheirOwn(t *testing.T) {
	w := newWorld(t)
	c := w.person(ada)
	const wanted = "ada.two@example.com"
	for i := range 10 { // all that strangers can ask for
		w.must(w.signUpFrom(fmt.Sprintf("198.51.%d.1", i), wanted))
	}
	over(t, w.signUpFrom("203.0.113.1", wanted), time.Hour)
	add := func(email string) error {
		_, err := w.AddContact(t.Context(), request(c), commands.AddContact{Email: email})
		return err
	}
	w.must(add(wanted))
	for i := range 4 { // to whatever address
		w.must(add(fmt.Sprintf("%d@example.com", i)))
	}
	over(t, add(wanted), time.Hour)
	bob := w.person("bob@example.com")
	_, err := w.AddContact(t.Context(), request(bob), commands.AddContact{Email: wanted})
	w.must(err)
	if err := add(ada); !errors.Is(err, domain.ErrContactOwn) { // asks for no message
		t.Errorf("%v", err)
	}
}

// A guest who asks for another code of an account's own verification uses the account's budget.
func TestAnotherCodeOfOnesOwn(t *testing.T) {
	w := newWorld(t)
	c := w.person(ada)
	s := commands.SignedUp(do(w, w.AddContact, c, commands.AddContact{Email: "two@example.com"}))
	w.clock.forward(2 * time.Minute)
	do(w, w.Resend, domain.Guest(), commands.Resend{Verification: s.Verification, Handle: s.Handle})
	for i, issue := range []int{1, 2} {
		m, _ := w.asked(s, issue)
		var d domain.Delivery
		for _, f := range w.log() {
			if f.Stream == domain.DeliveryStream(m.Delivery) {
				w.must(d.Apply(f))
			}
		}
		if d.Admitted.Class != domain.ClassOwn || d.Admitted.Network != "" || d.First.Subject != c.Account {
			t.Errorf("delivery %d: %+v of %s", i, d.Admitted, d.First.Subject)
		}
	}
}

// Limits hold whatever process decides, after a restart, and at midnight.
func TestLimitsHoldAcrossProcesses(t *testing.T) {
	w := newWorld(t)
	w.clock.forward(11*time.Hour + 50*time.Minute)
	other := &world{t: t, clock: w.clock, store: w.store, vault: w.vault, deps: w.deps}
	other.restart()
	var all sync.WaitGroup
	var mu sync.Mutex
	var accepted, refused int
	for i := range 24 {
		all.Go(func() {
			err := []*world{w, other}[i%2].signUpFrom("192.0.2.1", ada)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				accepted++
			} else if errors.Is(err, domain.ErrMessages) {
				refused++
			}
		})
	}
	all.Wait()
	if accepted != 3 || refused == 0 {
		t.Errorf("%d accepted, %d refused", accepted, refused)
	}
	w.restart()
	over(t, w.signUpFrom("192.0.2.1", ada), time.Hour)
	w.clock.forward(20 * time.Minute) // another day, the same hour
	over(t, w.signUpFrom("192.0.2.1", ada), 50*time.Minute)
	w.clock.forward(50 * time.Minute)
	w.must(w.signUpFrom("192.0.2.1", ada))
	w.unique()
}

// A process that dies between the admission and what it is for costs nothing: the repeat finds its place in the budget.
func TestACrashTakesNoSecondPlace(t *testing.T) {
	signUp, resend := keyed(domain.Guest(), "signUp"), keyed(domain.Guest(), "resend")
	both := func(w *world) error {
		a, err := w.SignUp(context.Background(), signUp, signUpOf(ada))
		if err != nil {
			return err
		}
		w.clock.forward(2 * time.Minute)
		_, err = w.Resend(context.Background(), resend, commands.Resend{Verification: a.Value.Verification, Handle: a.Value.Handle})
		return err
	}
	everyCrash(t, func(w *world) func() error { return func() error { return both(w) } },
		func(w *world) { w.must(both(w)) },
		func(w *world) string { return w.shape() })
}

// The network is in no event but as a hash that is of one day, one address and one place.
func TestNetworksCannotBeLinked(t *testing.T) {
	w := newWorld(t)
	for _, email := range []string{ada, ada, "eve@example.com"} {
		w.must(w.signUpFrom("192.0.2.1", email))
	}
	seen := map[domain.Fingerprint]bool{}
	for _, f := range w.log() {
		if e, ok := f.Event.(domain.DeliveryAdmitted); ok {
			if e.Network == "" || seen[e.Network] || !f.Subject.IsZero() {
				t.Errorf("%+v of %s", e, f.Subject)
			}
			seen[e.Network] = true
		}
	}
	if len(seen) != 3 {
		t.Errorf("%d admissions", len(seen))
	}
}

// Of two processes that send one message, one records each step.
func TestEachStepOfADeliveryOnce(t *testing.T) {
	w := newWorld(t)
	s := w.signUp(ada)
	m, asked := w.asked(s, 1)
	step := commands.RecordDelivery{Message: m, Asked: asked, Medium: domain.MediumEmail, Attempt: 1}
	w.appended([]string{"delivery.attempted.v1", "delivery.failed.v1"}, func() {
		do(w, w.RecordDelivery, domain.System(), step)
		refused(w, w.RecordDelivery, domain.System(), step, domain.ErrStale)
		step.Ended, step.Failure = true, domain.FailRefused
		do(w, w.RecordDelivery, domain.System(), step)
		do(w, w.RecordDelivery, domain.System(), step)
	})
	if got := do(w, w.Message, domain.System(), m); got.To != "" || !got.State.Ended || got.State.Attempts != 1 {
		t.Errorf("after the end there is something to send: %+v", got.State)
	}
	m.Delivery = domain.DeliveryID{}
	step.Message = m
	refused(w, w.RecordDelivery, domain.System(), step, domain.ErrNotFound)
}
