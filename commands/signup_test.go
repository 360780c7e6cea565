package commands_test

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/journal"
	"accountledger/passwords"
	"accountledger/vault"
)

const ada = "Ada@example.com"

func TestSignUp(t *testing.T) {
	w := newWorld(t)
	var s commands.SignedUp
	w.appended([]string{"delivery.admitted.v1", "sign_up.requested.v1"}, func() { s = w.signUp(ada) })
	m := w.message(s, 1)
	if m.Kind != domain.MessageCode || m.To != ada || m.Language != "de" || len(m.Code) != 6 || m.Subject.IsZero() || !m.Expires.Equal(s.CodeExpires) {
		t.Error("not the message for a new address")
	}
	if again := w.message(s, 1); again != m {
		t.Error("another message when it is asked for again")
	}
	var checked commands.Checked
	w.appended([]string{"verification.passed.v1", "identifier.claimed.v1", "account.opened.v1", "sign_up.completed.v1"}, func() {
		var err error
		if checked, err = w.check(s, " "+m.Code[:3]+"-"+m.Code[3:]); err != nil {
			t.Fatal(err)
		}
	})
	if checked.Account != m.Subject {
		t.Error("not the account that the message named")
	}
	c, in := w.session("ADA@EXAMPLE.com")
	me := do(w, w.Me, c, struct{}{})
	if in.Account != checked.Account || me.Account != checked.Account || me.Email != ada || me.BirthMonth != "1990-05" || me.Region != "DE" ||
		me.Language != "de" || me.Capacity != domain.CapacitySelf {
		t.Error("not the account that was asked for")
	}
	w.forgotten(s)
	if got := w.message(s, 1); got != (commands.MessageToSend{}) {
		t.Error("a message after the end")
	}
	w.unique()
}

// forgotten: what an ended sign-up alone held is destroyed.
func (w *world) forgotten(s commands.SignedUp) {
	w.t.Helper()
	if _, err := w.vault.Key(w.t.Context(), domain.SignUpKey(domain.SignUpID(s.Verification))); !errors.Is(err, vault.ErrDestroyed) {
		w.t.Errorf("the sign-up's key: %v", err)
	}
	for rec, err := range w.journal.Read(w.t.Context(), domain.SignUpStream(domain.SignUpID(s.Verification)), 0) {
		if err != nil {
			w.t.Fatal(err)
		}
		if e, ok := rec.Event.(domain.SignUpRequested); ok {
			if _, err := journal.Open(w.t.Context(), w.journal, rec.Fact, e.Contact); !errors.Is(err, journal.ErrUnreadable) {
				w.t.Errorf("the address of an ended sign-up: %v", err)
			}
			if _, err := journal.Open(w.t.Context(), w.journal, rec.Fact, e.Hash); !errors.Is(err, journal.ErrUnreadable) {
				w.t.Errorf("the password of an ended sign-up: %v", err)
			}
		}
	}
}

func TestBadSignUps(t *testing.T) {
	w := newWorld(t)
	for name, c := range map[string]struct {
		change func(*commands.SignUp)
		code   string
	}{
		"address":        {func(s *commands.SignUp) { s.Email = "ada" }, "invalid_email"},
		"region":         {func(s *commands.SignUp) { s.Region = "Germany" }, "invalid_region"},
		"language":       {func(s *commands.SignUp) { s.Language = "German" }, "invalid_language"},
		"month":          {func(s *commands.SignUp) { s.BirthMonth = "2999-01" }, "invalid_birth_month"},
		"too young":      {func(s *commands.SignUp) { s.BirthMonth = "2024-01" }, "capacity_refused"},
		"short password": {func(s *commands.SignUp) { s.Password = passwords.New("short") }, "password_too_short"},
		"common":         {func(s *commands.SignUp) { s.Password = passwords.New("passwordpassword") }, "password_common"},
		"like the name": {func(s *commands.SignUp) {
			s.Email, s.Password = "carl.zuckmayer@example.com", passwords.New("carl.zuckmayer-7Q")
		}, "password_like_identifier"},
	} {
		in := signUpOf(ada)
		c.change(&in)
		w.appended(nil, func() {
			_, err := w.SignUp(t.Context(), request(domain.Guest()), in)
			var refusal *domain.Error
			if !errors.As(err, &refusal) || refusal.Code != c.code && !strings.HasPrefix(refusal.Code, c.code) {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
}

// What a stranger can see of an address that is taken is what is seen of one that is not: answers, events, limits.
func TestATakenAddressCannotBeTold(t *testing.T) {
	w := newWorld(t)
	w.account(ada)
	w.clock.forward(time.Hour)
	type seen struct {
		Events  []string
		Errors  []string
		Handles int
		Expires time.Duration
	}
	look := func(email string) (s seen) {
		note := func(err error) {
			code := ""
			if refusal := (*domain.Error)(nil); errors.As(err, &refusal) {
				code = refusal.Code + "/" + refusal.Message
			}
			s.Errors = append(s.Errors, code)
		}
		s.Events = w.since(func() {
			began := w.clock.Now()
			up := w.signUp(email)
			s.Handles, s.Expires = len(up.Handle), up.Expires.Sub(began).Round(time.Second)
			note(nil)
			resend := commands.Resend{Verification: up.Verification, Handle: up.Handle}
			_, err := w.Resend(t.Context(), request(domain.Guest()), resend) // within a minute
			note(err)
			w.clock.forward(2 * time.Minute)
			_, err = w.Resend(t.Context(), request(domain.Guest()), resend)
			note(err)
			for range 6 {
				_, err := w.check(up, "x") // never right
				note(err)
			}
			_, err = w.Resend(t.Context(), request(domain.Guest()), resend)
			note(err)
		})
		return s
	}
	taken, free := look(ada), look("eve@example.com")
	if !reflect.DeepEqual(taken, free) {
		t.Errorf("taken: %+v\nfree:  %+v", taken, free)
	}
	if free.Errors[len(free.Errors)-1] == "" || len(free.Events) != 2+2+5+1+1 {
		t.Errorf("the walk is not the one meant: %+v", free)
	}
}

func TestNoCodePassesForATakenAddress(t *testing.T) {
	w := newWorld(t)
	id := w.account(ada)
	w.clock.forward(time.Hour)
	in := signUpOf("ADA@example.com")
	in.Language = "en"
	s := do(w, w.SignUp, domain.Guest(), in)
	m := w.message(s, 1)
	if m.Kind != domain.MessageExists || m.Code != "" || m.To != ada || m.Subject != id || m.Language != "de" {
		t.Error("not the message for the owner of the address, at the address as they wrote it, in their language")
	}
	for _, code := range []string{"", "000000"} {
		if _, err := w.check(s, code); !errors.Is(err, domain.ErrCode) {
			t.Errorf("%v", err)
		}
	}
}

// Two proofs of one address at once: one account, and the other is told to recover.
func TestTwoProofsAtOnce(t *testing.T) {
	for range 5 {
		w := newWorld(t)
		one, two := w.signUp(ada), w.signUp(ada)
		codes := []string{w.message(one, 1).Code, w.message(two, 1).Code}
		results := make(chan error, 2)
		for i, s := range []commands.SignedUp{one, two} {
			go func() {
				_, err := w.check(s, codes[i])
				results <- err
			}()
		}
		first, second := <-results, <-results
		if first != nil {
			first, second = second, first
		}
		if first != nil || !errors.Is(second, domain.ErrTaken) {
			t.Fatalf("%v and %v", first, second)
		}
		var opened, ended []string
		for _, f := range w.log() {
			switch f.Type {
			case "account.opened.v1", "identifier.claimed.v1":
				opened = append(opened, f.Type)
			case "sign_up.completed.v1", "sign_up.lapsed.v1":
				ended = append(ended, f.Type)
			}
		}
		slices.Sort(ended)
		if len(opened) != 2 || !slices.Equal(ended, []string{"sign_up.completed.v1", "sign_up.lapsed.v1"}) {
			t.Errorf("%v, %v", opened, ended)
		}
		w.forgotten(one)
		w.forgotten(two)
		w.session(ada)
		w.unique()
	}
}

func TestUnprovenSignUpsLapse(t *testing.T) {
	w := newWorld(t)
	s := w.signUp(ada)
	settle := func() commands.Settled {
		return do(w, w.SettleVerification, domain.System(), commands.SettleVerification{ID: s.Verification})
	}
	w.appended(nil, func() {
		if settle().Ended {
			t.Error("ended before its time")
		}
	})
	w.clock.forward(domain.SignUpLifetime - 5*time.Minute)
	do(w, w.Resend, domain.Guest(), commands.Resend{Verification: s.Verification, Handle: s.Handle})
	code := w.message(s, 2).Code
	w.clock.forward(5 * time.Minute) // the code would hold for five more
	w.appended([]string{"verification.ended.v1", "sign_up.lapsed.v1"}, func() {
		if !settle().Ended {
			t.Error("not ended at its time")
		}
	})
	w.forgotten(s)
	w.appended(nil, func() { settle() })
	if _, err := w.check(s, code); !errors.Is(err, domain.ErrEnded) {
		t.Errorf("proven after it lapsed: %v", err)
	}
	refused(w, w.Resend, domain.Guest(), commands.Resend{Verification: s.Verification, Handle: s.Handle}, domain.ErrEnded)
	w.account(ada)

	tried := w.signUp("eve@example.com")
	for range 5 {
		_, _ = w.check(tried, "x")
	}
	w.clock.forward(domain.SignUpLifetime)
	w.appended([]string{"sign_up.lapsed.v1"}, func() {
		do(w, w.SettleVerification, domain.System(), commands.SettleVerification{ID: tried.Verification})
	})
	log := w.log()
	if e := log[len(log)-1].Event.(domain.SignUpLapsed); e.Reason != domain.LapseTries {
		t.Errorf("lapsed for %s", e.Reason)
	}
}

// A code given at the very moment of the lapse: an account or none, never half of one.
func TestProofAgainstLapse(t *testing.T) {
	for range 8 {
		w := newWorld(t)
		s := w.signUp(ada)
		w.clock.forward(domain.SignUpLifetime - 2*time.Minute)
		do(w, w.Resend, domain.Guest(), commands.Resend{Verification: s.Verification, Handle: s.Handle})
		code := w.message(s, 2).Code
		w.clock.forward(2 * time.Minute)
		proof := make(chan error)
		go func() {
			_, err := w.check(s, code)
			proof <- err
		}()
		do(w, w.SettleVerification, domain.System(), commands.SettleVerification{ID: s.Verification})
		err := <-proof
		_, signIn := w.SignIn(t.Context(), request(domain.Guest()), signInOf(ada))
		if (err == nil) != (signIn == nil) || err != nil && !errors.Is(err, domain.ErrEnded) {
			t.Errorf("the proof: %v, signing in: %v", err, signIn)
		}
		w.forgotten(s)
	}
}
