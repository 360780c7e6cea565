package commands_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/passwords"
)

func TestCrashesWhileARecoveryIsAskedFor(t *testing.T) {
	t.Parallel()
	for name, email := range map[string]string{"known": ada, "unknown": "eve@example.com"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var ask commands.Request
			var r commands.RecoveryBegun
			everyCrash(t, func(w *world) func() error {
				w.account(ada)
				ask = keyed(domain.Guest(), "recover")
				return func() error { _, err := w.Recover(t.Context(), ask, commands.Recover{Email: email}); return err }
			}, func(w *world) { // the client repeats it
				a, err := w.Recover(t.Context(), ask, commands.Recover{Email: email})
				if err != nil {
					t.Error(err)
				}
				r = a.Value
			}, func(w *world) string {
				if m := w.recoveryMessage(r, 1); m.Code != "" {
					do(w, w.CheckRecovery, domain.Guest(), coded(r, m.Code))
				}
				return w.shape()
			})
		})
	}
}

// Whatever a crash leaves of a right code, the process that handles deadlines or who asked makes good.
func TestCrashesWhileARecoveryIsProved(t *testing.T) {
	t.Parallel()
	for name, repeats := range map[string]bool{"the process settles it": false, "who asked asks again": true, "who asked sets a password": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var r commands.RecoveryBegun
			var code string
			everyCrash(t, func(w *world) func() error {
				w.account(ada)
				r = w.recover(ada)
				code = w.recoveryMessage(r, 1).Code
				return func() error {
					_, err := w.CheckRecovery(t.Context(), request(domain.Guest()), coded(r, code))
					return err
				}
			}, func(w *world) {
				if strings.HasSuffix(name, "password") && w.has(domain.VerificationStream(domain.VerificationID(r.ID)), "verification.passed.v1") {
					do(w, w.CompleteRecovery, domain.Guest(), setting(r, renewed))
					return
				}
				if !repeats {
					if w.settleRecovery(r) {
						t.Error("it has ended")
					}
					w.appended(nil, func() { w.settleRecovery(r) })
				}
				if _, err := w.CheckRecovery(t.Context(), request(domain.Guest()), coded(r, code)); err != nil && !errors.Is(err, domain.ErrProved) {
					t.Errorf("asked again: %v", err)
				}
				do(w, w.CompleteRecovery, domain.Guest(), setting(r, renewed))
			}, func(w *world) string {
				do(w, w.SignIn, domain.Guest(), withPassword(ada, renewed))
				w.forgottenRecovery(r)
				return w.shape()
			})
		})
	}
}

// has reports whether a stream has an event of a type.
func (w *world) has(stream, typ string) bool {
	for _, f := range w.log() {
		if f.Stream == stream && f.Type == typ {
			return true
		}
	}
	return false
}

// A crash before the account's event leaves the old password in force and the recovery open; one after it leaves the new one, and only the
// end to be recorded, by whatever comes first.
func TestCrashesWhileARecoveryIsCompleted(t *testing.T) {
	t.Parallel()
	for name, settle := range map[string]func(*world, domain.AccountID, commands.RecoveryBegun){
		"its deadline": func(w *world, _ domain.AccountID, r commands.RecoveryBegun) { w.settleRecovery(r) },
		"the account's password": func(w *world, id domain.AccountID, _ commands.RecoveryBegun) {
			do(w, w.SettlePassword, domain.System(), commands.SettlePassword{Account: id})
		},
		"who asked": func(*world, domain.AccountID, commands.RecoveryBegun) {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var r commands.RecoveryBegun
			var id domain.AccountID
			complete := keyed(domain.Guest(), "complete")
			act := func(w *world) error {
				_, err := w.CompleteRecovery(t.Context(), complete, setting(r, renewed))
				return err
			}
			everyCrash(t, func(w *world) func() error {
				id = w.account(ada)
				r = w.proved(ada)
				return func() error {
					err := act(w)
					if err == nil { // who asked is told so once the account says it, whether or not the rest could be done
						_, err = w.SettleVerification(t.Context(), request(domain.System()), commands.SettleVerification{ID: domain.VerificationID(r.ID)})
					}
					return err
				}
			}, func(w *world) {
				set := w.has(domain.AccountStream(id), "password.changed.v1")
				if set {
					refused(w, w.SignIn, domain.Guest(), signInOf(ada), domain.ErrCredentials)
				}
				settle(w, id, r)
				if !set || name == "who asked" {
					w.must(act(w))
				}
				w.appended(nil, func() {
					w.settleRecovery(r)
					do(w, w.SettlePassword, domain.System(), commands.SettlePassword{Account: id})
					w.must(act(w))
				})
			}, func(w *world) string {
				do(w, w.SignIn, domain.Guest(), withPassword(ada, renewed))
				w.forgottenRecovery(r)
				w.refusesKey(domain.PasswordKey(domain.FirstPassword(w.firstSignUp())))
				return w.shape()
			})
		})
	}
}

func TestCrashesWhileARecoveryLapses(t *testing.T) {
	t.Parallel()
	var r commands.RecoveryBegun
	everyCrash(t, func(w *world) func() error {
		w.account(ada)
		r = w.recover(ada)
		w.clock.forward(domain.VerificationLifetime)
		return func() error {
			_, err := w.SettleVerification(t.Context(), request(domain.System()), commands.SettleVerification{ID: domain.VerificationID(r.ID)})
			return err
		}
	}, func(w *world) {
		if !w.settleRecovery(r) {
			t.Error("it goes on")
		}
	}, func(w *world) string {
		w.forgottenRecovery(r)
		return w.shape() + string(w.lapsed(r))
	})
}

// A restore ends what is proved and what is not; what is set stays set, and its end is recorded.
func TestARestoreEndsRecoveries(t *testing.T) {
	w := newWorld(t)
	w.account(ada)
	asked, proved := w.recover(ada), w.proved(ada)
	code := w.recoveryMessage(asked, 1).Code
	w.restore()
	for range 2 { // this process, and the next one
		refused(w, w.CheckRecovery, domain.Guest(), coded(asked, code), domain.ErrRecoveryEnded)
		refused(w, w.CompleteRecovery, domain.Guest(), setting(proved, renewed), domain.ErrRecoveryEnded)
		refused(w, w.Resend, domain.Guest(), commands.Resend{Verification: domain.VerificationID(asked.ID), Handle: asked.Handle}, domain.ErrEnded)
		if w.recoveryMessage(asked, 1).To != "" {
			t.Error("a code would be sent")
		}
		w.restart()
	}
	for r, want := range map[commands.RecoveryBegun][]string{asked: {"verification.ended.v1", "recovery.lapsed.v1"},
		proved: {"recovery.missed.v1", "recovery.lapsed.v1"}} {
		w.appended(want, func() { w.settleRecovery(r) })
		if w.lapsed(r) != domain.RecoveryRestored {
			t.Errorf("lapsed as %s", w.lapsed(r))
		}
		w.forgottenRecovery(r)
	}
	do(w, w.SignIn, domain.Guest(), signInOf(ada))
	w.recovered(ada) // what begins now is as ever
}

// A backup catches a recovery after the account's event and before its own end.
func TestARecoveryCaughtHalfwayIsFinishedAfterARestore(t *testing.T) {
	w := newWorld(t)
	c := w.person(ada)
	r := w.proved(ada)
	f := &faults{}
	w.start(faultyStore{w.store, f}, faultyVault{w.vault, f})
	f.n, f.at, f.after = 0, 2, true // the password's key, and the account's event
	_, err := w.CompleteRecovery(t.Context(), request(domain.Guest()), setting(r, renewed))
	if w.restart(); !w.has(domain.AccountStream(c.Account), "password.changed.v1") || w.has(domain.RecoveryStream(r.ID), "recovery.completed.v1") {
		t.Fatalf("not halfway: %v", err)
	}
	w.restore()
	w.appended([]string{"recovery.completed.v1"}, func() { w.settleRecovery(r) })
	w.forgottenRecovery(r)
	do(w, w.SignIn, domain.Guest(), withPassword(ada, renewed))
}

// Whoever recovers an account that is being erased cancels nothing, and can cancel it once they are signed in. Once the erasure runs, the
// account is nobody's.
func TestRecoveryAndErasure(t *testing.T) {
	w := newWorld(t)
	c := w.person(ada)
	asked := do(w, w.RequestErasure, c, commands.RequestErasure{})
	r := w.proved(ada)
	if out := do(w, w.CompleteRecovery, domain.Guest(), setting(r, renewed)); !out.Closing {
		t.Error("nobody is told that it is being erased")
	}
	if v := do(w, w.SeeErasure, domain.Guest(), commands.Erasure{ID: asked.ID}); v.State != domain.ErasureWaiting || !v.Due.Equal(asked.Due) {
		t.Errorf("the erasure is %s and due %s", v.State, v.Due)
	}
	in := do(w, w.SignIn, domain.Guest(), withPassword(ada, renewed))
	if v := do(w, w.CancelErasure, w.authenticated(in.Token), commands.Erasure{ID: asked.ID}); v.State != domain.ErasureWithdrawn {
		t.Errorf("the erasure is %s", v.State)
	}
	again := do(w, w.RequestErasure, w.authenticated(in.Token), commands.RequestErasure{})
	w.clock.forward(domain.DefaultGrace)
	proved, open := w.proved(ada), w.recover(ada)
	code := w.recoveryMessage(open, 1).Code
	w.clock.forward(time.Minute)
	if v := do(w, w.SettleErasure, domain.System(), commands.SettleErasure{Account: c.Account}); v.State != domain.ErasureDone {
		t.Fatalf("the erasure is %s", v.State)
	}
	w.restart()
	refused(w, w.CompleteRecovery, domain.Guest(), setting(proved, renewed), domain.ErrRecoveryEnded)
	if w.lapsed(proved) != domain.RecoveryGone {
		t.Errorf("lapsed as %s", w.lapsed(proved))
	}
	refused(w, w.CheckRecovery, domain.Guest(), coded(open, code), domain.ErrCode)
	if m := w.recoveryMessage(w.recover(ada), 1); m.Kind != domain.MessageNoAccount || m.Subject == c.Account {
		t.Errorf("the message: %s of %s", m.Kind, m.Subject)
	}
	if v := do(w, w.SeeErasure, domain.Guest(), commands.Erasure{ID: again.ID}); v.State != domain.ErasureDone {
		t.Errorf("the erasure is %s", v.State)
	}
	w.clock.forward(domain.VerificationLifetime)
	for _, f := range w.log() {
		if e, ok := f.Event.(domain.RecoveryRequested); ok && e.Delivery != (domain.DeliveryID{}) {
			id, _ := domain.ParseID(strings.TrimPrefix(f.Stream, "recovery-"))
			w.settled(domain.VerificationID{UUID: id})
		}
	}
	if left := w.readable(); strings.Contains(left, strings.ToLower(ada)) {
		t.Error("the address can be read a day after")
	}
}

// A code that was given, and a password that is set, while the erasure starts at the same moment: one comes first, and nothing is half done.
func TestRecoveryAndErasureAtOnce(t *testing.T) {
	for n := range 8 {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.deps.Config.Grace = 0
			w.restart()
			c := w.person(ada)
			r := w.proved(ada)
			do(w, w.RequestErasure, c, commands.RequestErasure{})
			one, other := w.Menu, (*commands.Menu)(nil)
			w.restart()
			other = w.Menu
			var both sync.WaitGroup
			var err error
			both.Go(func() { _, err = one.CompleteRecovery(t.Context(), request(domain.Guest()), setting(r, renewed)) })
			both.Go(func() {
				_, err := other.SettleErasure(t.Context(), request(domain.System()), commands.SettleErasure{Account: c.Account})
				if err != nil {
					t.Error(err)
				}
			})
			both.Wait()
			if err != nil && !errors.Is(err, domain.ErrRecoveryEnded) {
				t.Error(err)
			}
			w.settleRecovery(r)
			do(w, w.SettleErasure, domain.System(), commands.SettleErasure{Account: c.Account})
			do(w, w.SettlePassword, domain.System(), commands.SettlePassword{Account: c.Account})
			for _, p := range []string{password, renewed} {
				refused(w, w.SignIn, domain.Guest(), withPassword(ada, p), domain.ErrCredentials)
			}
			w.forgottenRecovery(r)
			if left := w.readable(); strings.Contains(left, "ada@") || strings.Contains(left, "argon2") {
				t.Error("something is left")
			}
			w.unique()
		})
	}
}

// Two requests complete one recovery at once, in two processes, with two passwords: one is set, and the other is refused.
func TestOneRecoveryCompletedTwiceAtOnce(t *testing.T) {
	for n := range 8 {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.account(ada)
			r, rival := w.proved(ada), w.proved(ada)
			if n%2 == 0 {
				rival = r
			}
			menus := []*commands.Menu{w.Menu, nil}
			w.restart()
			menus[1] = w.Menu
			words := []string{renewed, "the other horse battery 12"}
			errs := make([]error, 2)
			var both sync.WaitGroup
			for i, one := range []commands.RecoveryBegun{r, rival} {
				both.Go(func() {
					_, errs[i] = menus[i].CompleteRecovery(t.Context(), request(domain.Guest()), setting(one, words[i]))
				})
			}
			both.Wait()
			won := 0
			for i, err := range errs {
				in := commands.SignIn{Email: ada, Password: passwords.New(words[i])}
				if _, signIn := w.SignIn(t.Context(), request(domain.Guest()), in); (signIn == nil) != (err == nil) {
					t.Errorf("%d was told %v, and its password %v", i, err, signIn)
				}
				if err == nil {
					won++
				} else if !errors.Is(err, domain.ErrRecoveryEnded) && !errors.Is(err, domain.ErrRecovered) {
					t.Error(err)
				}
			}
			if won != 1 {
				t.Errorf("%d won", won)
			}
			for _, one := range []commands.RecoveryBegun{r, rival} {
				w.settleRecovery(one)
				w.forgottenRecovery(one)
			}
			w.unique()
		})
	}
}
