package commands_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/passwords"
	"accountledger/vault"
)

// everyCrash runs an act in a process that dies at its n-th write, for every n, before and after the write; then a new
// process settles what is left, and the end must be the one of the undisturbed run.
func everyCrash(t *testing.T, prepare func(*world) (act func() error), settle func(*world), end func(*world) string) {
	t.Helper()
	run := func(at int, after bool) (outcome string, writes int) {
		w := newWorld(t)
		act := prepare(w)
		f := &faults{}
		w.start(faultyStore{w.store, f}, faultyVault{w.vault, f})
		f.n, f.at, f.after = 0, at, after
		err := act()
		if f.dead != (err != nil) && (!f.dead || !after) { // the last write may be one whose reply nobody needs
			t.Errorf("write %d: dead is %v and the answer %v", at, f.dead, err)
		}
		var refusal *domain.Error
		if err != nil && (!errors.As(err, &refusal) || refusal.Kind != domain.Internal) {
			t.Errorf("write %d: who asked was told %v", at, err)
		}
		w.restart()
		settle(w)
		w.unique()
		return end(w), f.n
	}
	want, writes := run(0, false)
	if writes < 2 {
		t.Fatalf("only %d writes", writes)
	}
	for at := 1; at <= writes; at++ {
		for _, after := range []bool{false, true} {
			if got, _ := run(at, after); got != want {
				t.Errorf("died at write %d of %d, after it: %v\nended as  %s\ninstead of %s", at, writes, after, got, want)
			}
		}
	}
}

// shape is what every stream holds, without ids.
func (w *world) shape() string {
	w.t.Helper()
	streams := map[string][]string{}
	for _, f := range w.log() {
		kind, _, _ := strings.Cut(f.Stream, "-")
		if kind != "notice" {
			streams[f.Stream] = append(streams[f.Stream], f.Type)
		}
	}
	var out []string
	for stream, types := range streams {
		kind, _, _ := strings.Cut(stream, "-")
		out = append(out, fmt.Sprintf("%s%v", kind, types))
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

func TestCrashesWhileASignUpIsCompleted(t *testing.T) {
	for name, repeats := range map[string]bool{"the process settles it": false, "who asked asks again": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var s commands.SignedUp
			var code string
			everyCrash(t, func(w *world) func() error {
				s = w.signUp(ada)
				code = w.message(s, 1).Code
				return func() error { _, err := w.check(s, code); return err }
			}, func(w *world) {
				w.endedIsForgotten(s)
				if repeats {
					if _, err := w.check(s, code); err != nil && !errors.Is(err, domain.ErrVerified) {
						t.Errorf("asked again: %v", err)
					}
				}
				if !do(w, w.SettleVerification, domain.System(), commands.SettleVerification{ID: s.Verification}).Ended { // it died before the proof was written
					if _, err := w.check(s, code); err != nil {
						t.Errorf("after the proof was lost: %v", err)
					}
				}
				w.appended(nil, func() { do(w, w.SettleVerification, domain.System(), commands.SettleVerification{ID: s.Verification}) })
			}, func(w *world) string {
				w.forgotten(s)
				shape := w.shape()
				c, _ := w.session(ada)
				if me := do(w, w.Me, c, struct{}{}); me.Email != ada || me.BirthMonth != "1990-05" {
					t.Error("not the account that was asked for")
				}
				return shape
			})
		})
	}
}

func TestCrashesWhileSigningUp(t *testing.T) {
	t.Parallel()
	var r commands.Request
	var s commands.SignedUp
	everyCrash(t, func(w *world) func() error {
		r = keyed(domain.Guest(), "sign_up")
		return func() error { _, err := w.SignUp(t.Context(), r, signUpOf(ada)); return err }
	}, func(w *world) { // the client repeats it
		a, err := w.SignUp(t.Context(), r, signUpOf(ada))
		if err != nil {
			t.Error(err)
		}
		s = a.Value
	}, func(w *world) string {
		if _, err := w.check(s, w.message(s, 1).Code); err != nil {
			t.Error(err)
		}
		w.session(ada)
		return w.shape()
	})
}

func TestCrashesWhileAnAccountIsErased(t *testing.T) {
	t.Parallel()
	var id domain.AccountID
	var device commands.Device
	var asked commands.ErasureView
	settle := commands.SettleErasure{}
	everyCrash(t, func(w *world) func() error {
		w.deps.Config.Grace = 0
		w.restart()
		c := w.person(ada)
		id, settle.Account = c.Account, c.Account
		device = do(w, w.LinkDevice, c, domain.LinkDevice{Kind: "watch", Model: "Model 3", Name: "Ada's watch"})
		asked = do(w, w.RequestErasure, c, commands.RequestErasure{})
		return func() error { _, err := w.SettleErasure(t.Context(), request(domain.System()), settle); return err }
	}, func(w *world) {
		if v := do(w, w.SettleErasure, domain.System(), settle); v.State != domain.ErasureDone {
			t.Errorf("settled to %s", v.State)
		}
		w.appended(nil, func() { do(w, w.SettleErasure, domain.System(), settle) })
	}, func(w *world) string {
		w.erased(id, device.ID, asked.ID)
		return w.shape()
	})
}

// erased: nothing of a person can be read any more, and the address is free.
func (w *world) erased(id domain.AccountID, device domain.DeviceID, erasure string) {
	w.t.Helper()
	if v := do(w, w.SeeErasure, domain.Guest(), commands.Erasure{ID: erasure}); v.State != domain.ErasureDone || v.Ended.IsZero() {
		w.t.Errorf("the erasure is seen as %s", v.State)
	}
	for _, name := range []string{domain.AccountKey(id), domain.DeviceKey(device), domain.PasswordKey(w.passwordOf(id))} {
		if _, err := w.vault.Key(w.t.Context(), name); !errors.Is(err, vault.ErrDestroyed) {
			w.t.Errorf("%s: %v", name, err)
		}
	}
	for _, f := range w.log() {
		shown, err := w.journal.Reveal(w.t.Context(), f)
		personal := func(text string) bool { return strings.Contains(strings.ToLower(string(shown)), text) }
		if err != nil || personal("ada@") || personal("ada's") || personal("model 3") || personal("1990-05") || personal("192.0.2.7") {
			w.t.Errorf("%s of %s still shows %s: %v", f.Type, f.Stream, shown, err)
		}
	}
	refused(w, w.SignIn, domain.Guest(), signInOf(ada), domain.ErrCredentials)
}

func TestCrashesWhileSomebodyIsEnrolled(t *testing.T) {
	t.Parallel()
	add := commands.AddStaff{Email: ada, Name: "Ada", Role: domain.RoleCompliance}
	everyCrash(t, func(w *world) func() error {
		return func() error {
			a, err := w.AddStaff(t.Context(), request(domain.Operator(0)), add)
			if err == nil {
				_, err = w.Enrol(t.Context(), request(domain.Guest()), commands.Enrol{Code: a.Value.Code, Password: passwords.New(password)})
			}
			return err
		}
	}, func(w *world) { // the operator tries again; who was added already is told apart by staff_exists
		w.clock.forward(time.Minute)
		a, err := w.AddStaff(t.Context(), request(domain.Operator(0)), add)
		if errors.Is(err, domain.ErrStaffTaken) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		do(w, w.Enrol, domain.Guest(), commands.Enrol{Code: a.Value.Code, Password: passwords.New(password)})
	}, func(w *world) string { return strings.ReplaceAll(w.shape(), " staff.enrolled.v1", "") })
}
