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

// many asks the same 200 times at once under one Idempotency-Key.
func many[I, O any](w *world, ask commands.Command[I, O], r commands.Request, in I) []O {
	w.t.Helper()
	out, errs := make([]O, 200), make([]error, 200)
	var all sync.WaitGroup
	for i := range out {
		all.Go(func() {
			a, err := ask(context.Background(), r, in)
			out[i], errs[i] = a.Value, err
		})
	}
	all.Wait()
	for i, err := range errs {
		if err != nil {
			w.t.Fatalf("%T, number %d: %v", ask, i, err)
		}
	}
	return out
}

func one[O comparable](t *testing.T, what string, all []O) O {
	t.Helper()
	for _, o := range all {
		if o != all[0] {
			t.Fatalf("%s: two answers", what)
		}
	}
	return all[0]
}

// 200 at once under one key: one effect, one answer; and so for a repeat later, and in a new process.
func TestManyAtOnceUnderOneKey(t *testing.T) {
	w := newWorld(t)
	c := w.person(ada)
	set, link := w.grant(), domain.LinkDevice{Kind: "watch", Model: "Model 3", Name: "Ada's watch"}

	r := keyed(c, "permission")
	var granted commands.PermissionSet
	w.appended([]string{"permission.granted.v1"}, func() { granted = one(t, "permission", many(w, w.SetPermission, r, set)) })
	do(w, w.SetPermission, c, withdrawal())
	w.restart()
	w.appended(nil, func() {
		a, err := w.SetPermission(t.Context(), r, set)
		if err != nil || !granted.Effective || a.Value.Effective || a.Value.State != domain.StateWithdrawn || a.Position.IsZero() { // as it stands now
			t.Errorf("a repeat: %v", err)
		}
	})

	r = keyed(c, "device")
	var device commands.Device
	w.appended([]string{"device.linked.v1"}, func() { device = one(t, "device", many(w, w.LinkDevice, r, link)) })
	rename := keyed(c, "rename")
	w.appended([]string{"device.renamed.v1"}, func() {
		one(t, "rename", many(w, w.RenameDevice, rename, commands.RenameDevice{ID: device.ID, Name: "x"}))
	})
	w.appended([]string{"device.unlinked.v1"}, func() { many(w, w.UnlinkDevice, keyed(c, "unlink"), commands.UnlinkDevice{ID: device.ID}) })

	guest := keyed(domain.Guest(), "sign_up")
	var up commands.SignedUp
	w.appended([]string{"delivery.admitted.v1", "sign_up.requested.v1"}, func() { up = one(t, "sign-up", many(w, w.SignUp, guest, signUpOf("eve@example.com"))) })
	check := commands.CheckCode{Verification: up.Verification, Handle: up.Handle, Code: w.message(up, 1).Code}
	var checked commands.Checked
	guest = keyed(domain.Guest(), "check")
	w.appended([]string{"verification.passed.v1", "identifier.claimed.v1", "account.opened.v1", "sign_up.completed.v1"}, func() {
		checked = one(t, "check", many(w, w.CheckCode, guest, check))
	})
	var in commands.SignedIn
	w.appended([]string{"client.known.v1", "session.started.v1"}, func() {
		all := many(w, w.SignIn, keyed(domain.Guest(), "sign_in"), signInOf("eve@example.com"))
		for _, in = range all {
			if in.Token != all[0].Token || in.Session != all[0].Session || in.Account != checked.Account {
				t.Fatal("two sessions")
			}
		}
	})
	eve, err := w.Authenticate(t.Context(), in.Token)
	if err != nil {
		t.Fatal(err)
	}
	_, other := w.session("eve@example.com")
	w.appended([]string{"session.ended.v1"}, func() { many(w, w.EndSession, keyed(eve, "end"), commands.EndSession{ID: other.Session}) })
	w.appended([]string{"account.signed_out_everywhere.v1"}, func() { many(w, w.SignOutEverywhere, keyed(eve, "everywhere"), struct{}{}) })
	w.appended([]string{"erasure.requested.v1"}, func() { one(t, "erasure", many(w, w.RequestErasure, keyed(eve, "erase"), commands.RequestErasure{})) })
	w.unique()
}

func TestAnotherBodyUnderTheKey(t *testing.T) {
	w := newWorld(t)
	c := w.person(ada)
	r := keyed(c, "permission")
	if _, err := w.SetPermission(t.Context(), r, w.grant()); err != nil {
		t.Fatal(err)
	}
	up, in := keyed(domain.Guest(), "sign_up"), keyed(domain.Guest(), "sign_in")
	if _, err := w.SignUp(t.Context(), up, signUpOf("eve@example.com")); err != nil {
		t.Fatal(err)
	}
	if _, err := w.SignIn(t.Context(), in, signInOf(ada)); err != nil {
		t.Fatal(err)
	}
	w.appended(nil, func() {
		if _, err := w.SetPermission(t.Context(), r, withdrawal()); !errors.Is(err, domain.ErrRepeated) {
			t.Errorf("%v", err)
		}
		changed := signUpOf("eve@example.com")
		changed.Language = "en"
		if _, err := w.SignUp(t.Context(), up, changed); !errors.Is(err, domain.ErrRepeated) {
			t.Errorf("%v", err)
		}
		if _, err := w.SignUp(t.Context(), up, signUpOf("other@example.com")); !errors.Is(err, domain.ErrRepeated) {
			t.Errorf("%v", err)
		}
	})
	// The key is another's in another's hands, and for another question.
	eve := w.person("grace@example.com")
	for _, other := range []commands.Request{{Caller: eve, Channel: r.Channel, Operation: r.Operation, Key: r.Key},
		{Caller: c, Channel: r.Channel, Operation: "other", Key: r.Key}} {
		if _, err := w.SetPermission(t.Context(), other, withdrawal()); err != nil {
			t.Errorf("%v", err)
		}
	}
	w.unique()
}

// Secrets are shown again for ten minutes; who signs in must still know the password.
func TestSecretsOfRepeats(t *testing.T) {
	w := newWorld(t)
	up, in := keyed(domain.Guest(), "sign_up"), keyed(domain.Guest(), "sign_in")
	w.account(ada)
	first, err := w.SignUp(t.Context(), up, signUpOf("eve@example.com"))
	if err != nil {
		t.Fatal(err)
	}
	session, err := w.SignIn(t.Context(), in, signInOf(ada))
	if err != nil {
		t.Fatal(err)
	}
	w.clock.forward(9 * time.Minute)
	if again, err := w.SignUp(t.Context(), up, signUpOf("eve@example.com")); err != nil || again.Value != first.Value {
		t.Errorf("after 9 minutes: %v", err)
	}
	if again, err := w.SignIn(t.Context(), in, signInOf(ada)); err != nil || again.Value.Token != session.Value.Token {
		t.Errorf("after 9 minutes: %v", err)
	}
	wrong := signInOf(ada)
	wrong.Password = signUpOf("x").Password
	if wrong.Email = "eve@example.com"; true {
		if _, err := w.SignIn(t.Context(), in, wrong); !errors.Is(err, domain.ErrCredentials) {
			t.Errorf("the key alone opens: %v", err)
		}
	}
	w.clock.forward(2 * time.Minute)
	w.appended(nil, func() {
		if _, err := w.SignUp(t.Context(), up, signUpOf("eve@example.com")); !errors.Is(err, domain.ErrRepeatLate) {
			t.Errorf("after 11 minutes: %v", err)
		}
		if _, err := w.SignIn(t.Context(), in, signInOf(ada)); !errors.Is(err, domain.ErrRepeatLate) {
			t.Errorf("after 11 minutes: %v", err)
		}
	})
}

// A session that began just before the month's end is found by a repeat just after it.
func TestARepeatOverTheMonthsEnd(t *testing.T) {
	w := newWorld(t)
	w.account(ada)
	w.clock.at.Store(time.Date(2026, 5, 31, 23, 58, 0, 0, time.UTC).UnixNano())
	r := keyed(domain.Guest(), "sign_in")
	first, err := w.SignIn(t.Context(), r, signInOf(ada))
	if err != nil {
		t.Fatal(err)
	}
	w.clock.forward(5 * time.Minute)
	w.appended(nil, func() {
		if again, err := w.SignIn(t.Context(), r, signInOf(ada)); err != nil || again.Value.Token != first.Value.Token {
			t.Errorf("%v", err)
		}
	})
}

// Wrong codes and new codes count once for one key, whatever lies between the repeats.
func TestRepeatsOfAVerification(t *testing.T) {
	w := newWorld(t)
	s := w.signUp(ada)
	wrong, resend := keyed(domain.Guest(), "check"), keyed(domain.Guest(), "resend")
	check := commands.CheckCode{Verification: s.Verification, Handle: s.Handle, Code: "x"}
	w.appended([]string{"verification.failed.v1"}, func() {
		for range 7 {
			if _, err := w.CheckCode(t.Context(), wrong, check); !errors.Is(err, domain.ErrCode) {
				t.Errorf("%v", err)
			}
		}
	})
	w.clock.forward(2 * time.Minute)
	w.appended([]string{"delivery.admitted.v1", "verification.issued.v1"}, func() {
		var before commands.Resent
		for i := range 3 {
			a, err := w.Resend(t.Context(), resend, commands.Resend{Verification: s.Verification, Handle: s.Handle})
			if err != nil || i > 0 && a.Value != before {
				t.Errorf("%v", err)
			}
			before = a.Value
			w.clock.forward(2 * time.Minute)
		}
	})
	for range 4 {
		_, _ = w.check(s, "x")
	}
	w.appended(nil, func() {
		if _, err := w.CheckCode(t.Context(), wrong, check); !errors.Is(err, domain.ErrCode) {
			t.Errorf("told otherwise than the first time: %v", err)
		}
	})
	w.unique()
}

// A code is a credential, so it is checked first: another code under the same key is another request (P11).
func TestOneKeyForTwoCodes(t *testing.T) {
	w := newWorld(t)
	s := w.signUp(ada)
	r := keyed(domain.Guest(), "check")
	check := func(code string) error {
		_, err := w.CheckCode(t.Context(), r, commands.CheckCode{Verification: s.Verification, Handle: s.Handle, Code: code})
		return err
	}
	right := w.message(s, 1).Code
	for _, try := range []struct {
		code string
		want error
	}{{"x", domain.ErrCode}, {right, nil}, {"x", domain.ErrCode}, {"y", domain.ErrVerified}, {right, nil}} {
		if err := check(try.code); !errors.Is(err, try.want) {
			t.Errorf("%t: %v, want %v", try.code == right, err, try.want)
		}
	}
	w.unique()
}

func TestRepeatsOfEnrolments(t *testing.T) {
	w := newWorld(t)
	add, enrol := keyed(domain.Operator(0), "staff"), keyed(domain.Guest(), "enrol")
	in := commands.AddStaff{Email: ada, Role: domain.RoleAdmin}
	added, err := w.AddStaff(t.Context(), add, in)
	if err != nil {
		t.Fatal(err)
	}
	w.clock.forward(time.Minute)
	if again, err := w.AddStaff(t.Context(), add, in); err != nil || again.Value != added.Value {
		t.Errorf("added again: %v", err)
	}
	using := commands.Enrol{Code: added.Value.Code, Password: signUpOf("x").Password}
	for range 2 {
		if a, err := w.Enrol(t.Context(), enrol, using); err != nil || fmt.Sprint(a.Value.Roles) != "[admin]" {
			t.Errorf("enrolled: %v", err)
		}
	}
	refused(w, w.Enrol, domain.Guest(), using, domain.ErrEnrolment)
	w.unique()
}

// A repeat whose day's key is gone is told that it comes too late.
func TestARepeatAfterRetention(t *testing.T) {
	w := newWorld(t)
	c := w.person(ada)
	r, set := keyed(c, "permission"), w.grant()
	if _, err := w.SetPermission(t.Context(), r, set); err != nil {
		t.Fatal(err)
	}
	w.clock.forward(40 * 24 * time.Hour)
	w.system(w.Retain)
	w.restart()
	if _, err := w.SetPermission(t.Context(), r, set); !errors.Is(err, domain.ErrRepeatLate) {
		t.Errorf("%v", err)
	}
}
