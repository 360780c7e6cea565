package commands_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/journal"
	"accountledger/passwords"
)

func TestSignIn(t *testing.T) {
	w := newWorld(t)
	id := w.account(ada)
	var in commands.SignedIn
	w.appended([]string{"client.known.v1", "session.started.v1"}, func() { _, in = w.session("ada@EXAMPLE.com") })
	if in.Account != id || in.Closing || len(in.Roles) > 0 || !strings.HasPrefix(string(in.Token), "alp_") {
		t.Error("not the session that was asked for")
	}
	for name, token := range map[string]commands.Token{
		"none": "", "cut": in.Token[:len(in.Token)-1], "longer": in.Token + "A", "of staff": "als_" + in.Token[4:], "of a service": "alk_" + in.Token[4:],
		"another secret": in.Token[:len(in.Token)-4] + "AAAA", "another owner": in.Token[:4] + "AAAA" + in.Token[8:], "noise": "alp_!!!",
	} {
		if c, err := w.Authenticate(t.Context(), token); !errors.Is(err, domain.ErrSession) && !errors.Is(err, domain.ErrServiceKey) ||
			c.Actor.Kind != domain.ActorGuest {
			t.Errorf("%s: %v", name, err)
		}
	}
	w.clock.forward(domain.SessionLifetime)
	if _, err := w.Authenticate(t.Context(), in.Token); !errors.Is(err, domain.ErrSession) {
		t.Errorf("expired: %v", err)
	}
}

// What nobody has, what is not proven, what is wrong: one answer, and nothing is appended.
func TestUnknownAndWrongAreAlike(t *testing.T) {
	w := newWorld(t)
	w.account(ada)
	w.signUp("unproven@example.com")
	added := do(w, w.AddStaff, domain.Operator(0), commands.AddStaff{Email: "grace@example.com", Role: domain.RoleAdmin})
	wrong, staff := signInOf(ada), signInOf(ada)
	wrong.Password, staff.Staff = passwords.New("another long password 7"), true
	notEnrolled := signInOf("grace@example.com")
	notEnrolled.Staff = true
	var told []string
	for name, in := range map[string]commands.SignIn{"nobody": signInOf("nobody@example.com"), "unproven": signInOf("unproven@example.com"), "wrong": wrong,
		"person as staff": staff, "officer as person": signInOf("grace@example.com"), "not enrolled": notEnrolled} {
		w.appended(nil, func() {
			_, err := w.SignIn(t.Context(), request(domain.Guest()), in)
			if !errors.Is(err, domain.ErrCredentials) {
				t.Errorf("%s: %v", name, err)
			}
			told = append(told, fmt.Sprint(err))
		})
	}
	for _, s := range told {
		if s != told[0] {
			t.Errorf("told %q and %q", s, told[0])
		}
	}
	_ = added
}

// Every sign-in needs a place at the hasher: while all are taken, everybody gets the same answer.
func TestEverySignInCostsAHash(t *testing.T) {
	w := newWorld(t)
	w.account(ada)
	busy, err := passwords.NewHasher(passwords.Options{Params: passwords.Params{MemoryKiB: 32 << 10, Passes: 16, Lanes: 1}, Workers: 1, Queue: 1})
	if err != nil {
		t.Fatal(err)
	}
	w.deps.Hasher = busy
	w.restart()
	wrong := signInOf(ada)
	wrong.Password = passwords.New("another long password 7")
	for { // until the places stayed taken all the time, which the first round nearly always is
		ctx, free := context.WithCancel(passwords.WithTurn(t.Context(), passwords.Turn{Class: passwords.SignIn}))
		var all sync.WaitGroup
		for range 2 {
			all.Go(func() { _, _ = busy.Hash(ctx, passwords.New("long to compute")) })
		}
		taken := func() bool {
			computing, waiting := busy.Load()
			return computing+waiting == 2
		}
		for !taken() {
			runtime.Gosched()
		}
		var told []error
		for _, in := range []commands.SignIn{signInOf("nobody@example.com"), wrong, signInOf(ada)} {
			_, err := w.SignIn(t.Context(), request(domain.Guest()), in)
			told = append(told, err)
		}
		stayed := taken()
		free()
		all.Wait()
		if !stayed {
			continue
		}
		for _, err := range told {
			var overload *domain.Error
			if !errors.As(err, &overload) || overload.Code != domain.ErrOverload.Code || overload.Retry < 1 {
				t.Errorf("%v", err)
			}
		}
		return
	}
}

// limitedSignIns is what refused sign-ins up to the limit append, however many follow.
var limitedSignIns = []string{"attempts.counted.v1", "attempts.counted.v1", "attempts.counted.v1", "attempts.counted.v1", "attempts.limited.v1"}

func TestRefusedSignInsAreLimited(t *testing.T) {
	w := newWorld(t)
	c := w.person(ada)
	wrong := signInOf(ada)
	wrong.Password = passwords.New("another long password 7")
	limit := w.deps.Config.Limits.SignIns
	w.appended(limitedSignIns, func() {
		for i := range limit.Events * 10 {
			_, err := w.SignIn(t.Context(), request(domain.Guest()), wrong)
			var refusal *domain.Error
			if i < limit.Events && !errors.Is(err, domain.ErrCredentials) || i >= limit.Events &&
				(!errors.As(err, &refusal) || refusal.Code != domain.ErrRate.Code || refusal.Retry < 1) {
				t.Fatalf("attempt %d: %v", i, err)
			}
		}
	})
	refused(w, w.SignIn, domain.Guest(), signInOf(ada), domain.ErrRate)
	w.account("eve@example.com")
	w.session("eve@example.com") // others are not limited

	// The account is as it was: its stream has not grown, a change is one append, and its session goes on.
	w.appended([]string{"permission.granted.v1"}, func() { do(w, w.SetPermission, c, w.grant()) })
	w.clock.forward(limit.Window)
	w.session(ada)
	w.unique()
}

// A hundred thousand refusals cost the account nothing: they add one event, in a stream of their own, and what a
// change reads is the account's.
func TestAChangeAfterManyRefusals(t *testing.T) {
	w := newWorld(t)
	c := w.person(ada)
	set := w.grant()
	do(w, w.SetPermission, c, set)
	wrong := signInOf(ada)
	wrong.Password = passwords.New("another long password 7")
	w.appended(limitedSignIns, func() {
		for range 100_000 {
			if _, err := w.SignIn(t.Context(), request(domain.Guest()), wrong); err == nil {
				t.Fatal("a wrong password passed")
			}
		}
	})
	w.appended([]string{"permission.confirmed.v1"}, func() { do(w, w.SetPermission, c, set) })
}

func TestAgeIsDecidedAtSignIn(t *testing.T) {
	w := newWorld(t)
	in := signUpOf(ada)
	in.BirthMonth = "2010-05" // 15 in May 2026; in Germany one decides alone from 16 on
	s := do(w, w.SignUp, domain.Guest(), in)
	if _, err := w.check(s, w.message(s, 1).Code); err != nil {
		t.Fatal(err)
	}
	c, _ := w.session(ada)
	refused(w, w.SetPermission, c, w.grant(), domain.ErrGuardian)
	do(w, w.SetPermission, c, withdrawal())
	w.clock.forward(20 * 24 * time.Hour)
	w.appended([]string{"account.capacity_decided.v1", "client.known.v1", "session.started.v1"}, func() { c, _ = w.session(ada) })
	do(w, w.SetPermission, c, w.grant())
	w.appended([]string{"client.known.v1", "session.started.v1"}, func() { w.session(ada) })
	log := w.log()
	for _, f := range log {
		if f.Type == "account.capacity_decided.v1" && (f.Actor.Kind != domain.ActorSystem || f.Subject != c.Account) {
			t.Errorf("decided by %s about %s", f.Actor.Kind, f.Subject)
		}
	}
}

func TestSessions(t *testing.T) {
	w := newWorld(t)
	w.account(ada)
	w.account("eve@example.com")
	here, inHere := w.session(ada)
	w.clock.forward(20 * 24 * time.Hour) // in the next month
	there, inThere := w.session(ada)
	eve, inEve := w.session("eve@example.com")
	list := do(w, w.ListSessions, here, struct{}{})
	if len(list) != 2 || list[0].ID != inThere.Session || list[1].ID != inHere.Session || list[0].Current || !list[1].Current ||
		list[0].Client.Address != "192.0.2.7" {
		t.Errorf("%d sessions", len(list))
	}
	w.appended(nil, func() {
		refused(w, w.EndSession, eve, commands.EndSession{ID: inHere.Session}, domain.ErrNotFound)
		refused(w, w.EndSession, here, commands.EndSession{ID: inEve.Session}, domain.ErrNotFound)
		refused(w, w.EndSession, here, commands.EndSession{}, domain.ErrNotFound)
	})
	do(w, w.EndSession, here, commands.EndSession{ID: inHere.Session})
	if _, err := w.Authenticate(t.Context(), inHere.Token); !errors.Is(err, domain.ErrSession) {
		t.Errorf("signed out: %v", err)
	}
	refused(w, w.EndSession, there, commands.EndSession{ID: inHere.Session}, domain.ErrNotFound)
	if _, err := w.Authenticate(t.Context(), inThere.Token); err != nil {
		t.Errorf("the other session: %v", err)
	}
	_, third := w.session(ada)
	w.appended([]string{"account.signed_out_everywhere.v1"}, func() { do(w, w.SignOutEverywhere, there, struct{}{}) })
	for _, token := range []commands.Token{inThere.Token, third.Token} {
		if _, err := w.Authenticate(t.Context(), token); !errors.Is(err, domain.ErrSession) {
			t.Errorf("after everywhere: %v", err)
		}
	}
	if _, err := w.Authenticate(t.Context(), inEve.Token); err != nil {
		t.Errorf("somebody else: %v", err)
	}
	again, _ := w.session(ada)
	if n := len(do(w, w.ListSessions, again, struct{}{})); n != 1 {
		t.Errorf("%d sessions are listed", n)
	}
	w.unique()
}

func TestOfficersSignOutEverywhere(t *testing.T) {
	w := newWorld(t)
	c := w.officer("grace@example.com", domain.RoleAnalyst)
	in := signInOf("grace@example.com")
	in.Staff = true
	second := do(w, w.SignIn, domain.Guest(), in)
	if n := len(do(w, w.ListSessions, c, struct{}{})); n != 2 {
		t.Errorf("%d sessions", n)
	}
	w.appended([]string{"session.ended.v1", "session.ended.v1"}, func() { do(w, w.SignOutEverywhere, c, struct{}{}) })
	if _, err := w.Authenticate(t.Context(), second.Token); !errors.Is(err, domain.ErrSession) {
		t.Errorf("%v", err)
	}
	third := do(w, w.SignIn, domain.Guest(), in)
	w.clock.forward(domain.StaffSessionLifetime)
	if _, err := w.Authenticate(t.Context(), third.Token); !errors.Is(err, domain.ErrSession) {
		t.Errorf("after a working day: %v", err)
	}
	w.unique()
}

// A password hashed under weaker parameters is hashed again at the next sign-in.
func TestOldHashesAreRenewed(t *testing.T) {
	w := newWorld(t)
	w.account(ada)
	stronger, err := passwords.NewHasher(passwords.Options{Params: passwords.Params{MemoryKiB: 16, Passes: 2, Lanes: 1}})
	if err != nil {
		t.Fatal(err)
	}
	w.deps.Hasher = stronger
	w.restart()
	sign := []string{"client.known.v1", "session.started.v1"}
	w.appended(append([]string{"password.rehashed.v1"}, sign...), func() { w.session(ada) })
	w.appended(sign, func() { w.session(ada) })
	for _, f := range w.log() {
		if e, ok := f.Event.(domain.PasswordRehashed); ok {
			if hash, err := journal.Open(t.Context(), w.journal, f, e.Hash); err != nil || stronger.NeedsRehash(string(hash)) {
				t.Errorf("not renewed: %v", err)
			}
		}
	}
}
