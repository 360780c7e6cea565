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

const renewed = "a brand new horse battery 11"

// recover asks for a recovery, from another network each time.
func (w *world) recover(email string) commands.RecoveryBegun {
	w.t.Helper()
	n := len(w.log())
	a, err := w.Recover(w.t.Context(), requestFrom(fmt.Sprintf("198.%d.%d.7", n/256, n%256)), commands.Recover{Email: email})
	if err != nil {
		w.t.Fatal(err)
	}
	return a.Value
}

// requestFrom is a guest's, from an address.
func requestFrom(address string) commands.Request {
	r := request(domain.Guest())
	r.Client.Address = address
	return r
}

// recoveryMessage is what the notifier would send for an issue.
func (w *world) recoveryMessage(r commands.RecoveryBegun, issue int) commands.MessageToSend {
	w.t.Helper()
	return do(w, w.Message, domain.System(), domain.MessageRequest{Verification: domain.VerificationID(r.ID), Issue: issue})
}

func coded(r commands.RecoveryBegun, code string) commands.CheckRecovery {
	return commands.CheckRecovery{ID: r.ID, Handle: r.Handle, Code: code}
}

func setting(r commands.RecoveryBegun, password string) commands.CompleteRecovery {
	return commands.CompleteRecovery{ID: r.ID, Handle: r.Handle, Password: passwords.New(password)}
}

// proved asks for a recovery and gives its code.
func (w *world) proved(email string) commands.RecoveryBegun {
	w.t.Helper()
	r := w.recover(email)
	if got := do(w, w.CheckRecovery, domain.Guest(), coded(r, w.recoveryMessage(r, 1).Code)); len(got.Needs) > 0 {
		w.t.Errorf("it needs %v", got.Needs)
	}
	return r
}

// recovered has an account whose password is renewed.
func (w *world) recovered(email string) commands.RecoveryBegun {
	w.t.Helper()
	r := w.proved(email)
	do(w, w.CompleteRecovery, domain.Guest(), setting(r, renewed))
	return r
}

func withPassword(email, password string) commands.SignIn {
	in := signInOf(email)
	in.Password = passwords.New(password)
	return in
}

// lapsed is how a recovery lapsed; "" if it did not.
func (w *world) lapsed(r commands.RecoveryBegun) (why domain.RecoveryLapseReason) {
	w.t.Helper()
	for _, f := range w.log() {
		if e, ok := f.Event.(domain.RecoveryLapsed); ok && f.Stream == domain.RecoveryStream(r.ID) {
			why = e.Reason
		}
	}
	return why
}

func (w *world) settleRecovery(r commands.RecoveryBegun) bool {
	w.t.Helper()
	return do(w, w.SettleVerification, domain.System(), commands.SettleVerification{ID: domain.VerificationID(r.ID)}).Ended
}

// forgottenRecovery: its key is destroyed.
func (w *world) forgottenRecovery(r commands.RecoveryBegun) {
	w.t.Helper()
	if _, err := w.vault.Key(w.t.Context(), domain.RecoveryKey(r.ID)); !errors.Is(err, vault.ErrDestroyed) {
		w.t.Errorf("the recovery's key: %v", err)
	}
}

func TestRecovery(t *testing.T) {
	w := newWorld(t)
	c := w.person(ada)
	known := do(w, w.SignIn, domain.Guest(), signInOf(ada))
	var r commands.RecoveryBegun
	w.appended([]string{"delivery.admitted.v1", "recovery.requested.v1"}, func() { r = w.recover(ada) })
	if r.Expires.Sub(w.clock.Now()).Round(time.Minute) != 24*time.Hour || r.CodeExpires.Sub(w.clock.Now()).Round(time.Minute) != 10*time.Minute {
		t.Errorf("%+v", r)
	}
	m := w.recoveryMessage(r, 1)
	if m.Kind != domain.MessageRecoveryCode || m.To != ada || m.Language != "de" || m.Subject != c.Account || m.Code == "" {
		t.Errorf("the message: %s to %v of %s", m.Kind, m.To, m.Subject)
	}
	refused(w, w.CompleteRecovery, domain.Guest(), setting(r, renewed), domain.ErrUnproved)
	refused(w, w.CheckRecovery, domain.Guest(), coded(r, "000000x"), domain.ErrCode)
	other := r
	other.Handle = "another's"
	refused(w, w.CheckRecovery, domain.Guest(), coded(other, m.Code), domain.ErrRecovery)
	refused(w, w.CompleteRecovery, domain.Guest(), setting(other, renewed), domain.ErrRecovery)
	if _, err := w.check(commands.SignedUp{Verification: domain.VerificationID(r.ID), Handle: r.Handle}, m.Code); !errors.Is(err, domain.ErrVerification) {
		t.Errorf("the route of other verifications: %v", err)
	}
	w.restart()
	w.appended([]string{"verification.passed.v1", "recovery.proved.v1"}, func() {
		do(w, w.CheckRecovery, domain.Guest(), coded(r, m.Code))
	})
	refused(w, w.CheckRecovery, domain.Guest(), coded(r, m.Code), domain.ErrProved)
	refused(w, w.CompleteRecovery, domain.Guest(), setting(r, "ada@example.com!"), passwordRefusal)
	refused(w, w.CompleteRecovery, domain.Guest(), setting(other, renewed), domain.ErrRecovery)
	do(w, w.SignIn, domain.Guest(), signInOf(ada)) // the old password holds until the new one is set
	var out commands.Recovered
	w.appended([]string{"password.changed.v1", "account.signed_out_everywhere.v1", "account.guarded.v1", "recovery.completed.v1"}, func() {
		out = do(w, w.CompleteRecovery, domain.Guest(), setting(r, renewed))
	})
	if out.Account != c.Account || out.Closing || out.Guarded.Sub(w.clock.Now()).Round(time.Minute) != domain.GuardLifetime {
		t.Errorf("%+v", out)
	}
	if _, err := w.Authenticate(t.Context(), known.Token); !errors.Is(err, domain.ErrSession) {
		t.Errorf("a session goes on: %v", err)
	}
	refused(w, w.SignIn, domain.Guest(), signInOf(ada), domain.ErrCredentials)
	in := withPassword(ada, renewed)
	in.Client = known.Client
	again := do(w, w.SignIn, domain.Guest(), in)
	if again.Client == known.Client {
		t.Error("the client is still known")
	}
	w.forgottenRecovery(r)
	if _, err := w.vault.Key(t.Context(), domain.PasswordKey(domain.FirstPassword(w.firstSignUp()))); !errors.Is(err, vault.ErrDestroyed) {
		t.Errorf("the key of the password before: %v", err)
	}
	refused(w, w.CompleteRecovery, domain.Guest(), setting(r, "yet another horse battery 12"), domain.ErrRecovered)
	refused(w, w.CheckRecovery, domain.Guest(), coded(r, m.Code), domain.ErrRecovered)
	w.appended(nil, func() { w.settleRecovery(r) })
	w.unique()
}

// passwordRefusal is that of a password that is like the address.
var passwordRefusal = &domain.Error{Kind: domain.Invalid, Code: "password_like_identifier"}

func (w *world) firstSignUp() (id domain.SignUpID) {
	for _, f := range w.log() {
		if e, ok := f.Event.(domain.AccountOpened); ok {
			return e.SignUp
		}
	}
	return id
}

// Its owner sees all of a completed recovery in their history, and nothing secret.
func TestHistoryOfARecovery(t *testing.T) {
	w := newWorld(t)
	w.account(ada)
	w.recovered(ada)
	in := do(w, w.SignIn, domain.Guest(), withPassword(ada, renewed))
	var types []string
	for _, e := range do(w, w.History, w.authenticated(in.Token), commands.ListHistory{Most: 200}).Entries {
		types = append(types, e.Type)
		if s := string(e.Details); strings.Contains(s, "handle") || strings.Contains(s, "argon2") {
			t.Errorf("%s shows %s", e.Type, s)
		}
	}
	for _, want := range []string{"recovery.requested.v1", "verification.passed.v1", "recovery.proved.v1", "recovery.completed.v1", "password.changed.v1",
		"account.guarded.v1"} {
		if !slices.Contains(types, want) {
			t.Errorf("no %s in %v", want, types)
		}
	}
}

// A recovery that was proved and not completed is in its owner's history: once, also if a crash came between. Others are not.
func TestHistoryOfARecoveryThatCameToNothing(t *testing.T) {
	w := newWorld(t)
	c := w.person(ada)
	unproved := w.recover(ada)
	w.clock.forward(time.Minute)
	r := w.proved(ada)
	w.clock.forward(domain.VerificationLifetime)
	w.appended([]string{"recovery.missed.v1", "recovery.lapsed.v1"}, func() { w.settleRecovery(r) })
	w.settleRecovery(unproved)
	w.restart()
	w.settleRecovery(r)
	var said []string
	for _, e := range do(w, w.History, c, commands.ListHistory{Most: 200}).Entries {
		if strings.HasPrefix(e.Type, "recovery.") {
			said = append(said, e.Type+string(e.Details))
		}
	}
	if len(said) != 1 || !strings.Contains(said[0], `"reason":"expired"`) || !strings.Contains(said[0], r.ID.String()) {
		t.Errorf("the history says %v", said)
	}
}

// Nobody has the address: a message says so, no code passes, and the recovery lapses.
func TestRecoveryOfNothing(t *testing.T) {
	w := newWorld(t)
	r := do(w, w.Recover, domain.Guest(), commands.Recover{Email: "Eve@example.com", Language: "es"})
	m := w.recoveryMessage(r, 1)
	if m.Kind != domain.MessageNoAccount || m.Code != "" || m.To != "Eve@example.com" || m.Language != "es" || m.Subject.IsZero() {
		t.Errorf("the message: %s with %q in %s", m.Kind, m.Code, m.Language)
	}
	for range domain.MaxTries - 1 {
		refused(w, w.CheckRecovery, domain.Guest(), coded(r, "12345x"), domain.ErrCode)
	}
	refused(w, w.CompleteRecovery, domain.Guest(), setting(r, renewed), domain.ErrUnproved)
	refused(w, w.CheckRecovery, domain.Guest(), coded(r, "12345x"), domain.ErrRecoveryEnded)
	refused(w, w.CompleteRecovery, domain.Guest(), setting(r, renewed), domain.ErrRecoveryEnded)
	var forgot []domain.AccountID
	w.deps.Forget = func(id domain.AccountID) error { forgot = append(forgot, id); return nil }
	w.restart()
	w.appended([]string{"recovery.lapsed.v1"}, func() {
		if !w.settleRecovery(r) {
			t.Error("it goes on")
		}
	})
	if w.lapsed(r) != domain.RecoveryTries || !slices.Equal(forgot, []domain.AccountID{m.Subject}) {
		t.Errorf("lapsed as %s; forgotten: %v", w.lapsed(r), forgot)
	}
	w.forgottenRecovery(r)
	w.appended(nil, func() { w.settleRecovery(r) })
}

func TestRecoveriesExpire(t *testing.T) {
	w := newWorld(t)
	w.account(ada)
	asked, proved := w.recover(ada), w.proved(ada)
	w.clock.forward(domain.VerificationLifetime - time.Minute)
	for _, r := range []commands.RecoveryBegun{asked, proved} {
		w.appended(nil, func() {
			if w.settleRecovery(r) {
				t.Error("too early")
			}
		})
	}
	w.clock.forward(time.Minute)
	refused(w, w.CompleteRecovery, domain.Guest(), setting(proved, renewed), domain.ErrRecoveryEnded)
	refused(w, w.Resend, domain.Guest(), commands.Resend{Verification: domain.VerificationID(asked.ID), Handle: asked.Handle}, domain.ErrEnded)
	for r, want := range map[commands.RecoveryBegun][]string{asked: {"verification.ended.v1", "recovery.lapsed.v1"},
		proved: {"recovery.missed.v1", "recovery.lapsed.v1"}} {
		w.appended(want, func() { w.settleRecovery(r) })
		if w.lapsed(r) != domain.RecoveryExpired {
			t.Errorf("lapsed as %s", w.lapsed(r))
		}
		w.forgottenRecovery(r)
	}
	refused(w, w.CheckRecovery, domain.Guest(), coded(asked, "123456"), domain.ErrRecoveryEnded)
	do(w, w.SignIn, domain.Guest(), signInOf(ada))
}

// A code is resent as any other, and the old one passes no more.
func TestResendOfARecoveryCode(t *testing.T) {
	w := newWorld(t)
	w.account(ada)
	r := w.recover(ada)
	old := w.recoveryMessage(r, 1).Code
	w.clock.forward(2 * time.Minute)
	do(w, w.Resend, domain.Guest(), commands.Resend{Verification: domain.VerificationID(r.ID), Handle: r.Handle})
	refused(w, w.CheckRecovery, domain.Guest(), coded(r, old), domain.ErrCode)
	do(w, w.CheckRecovery, domain.Guest(), coded(r, w.recoveryMessage(r, 2).Code))
}

// Of two recoveries the first to complete wins; the other lapses, and so does one that was asked for before and not proved yet.
func TestTwoRecoveries(t *testing.T) {
	w := newWorld(t)
	w.account(ada)
	first, second, third := w.proved(ada), w.proved(ada), w.recover(ada)
	code := w.recoveryMessage(third, 1).Code
	do(w, w.CompleteRecovery, domain.Guest(), setting(second, renewed))
	w.appended([]string{"recovery.missed.v1", "recovery.lapsed.v1"}, func() {
		refused(w, w.CompleteRecovery, domain.Guest(), setting(first, "the loser's horse battery 12"), domain.ErrRecoveryEnded)
	})
	w.appended([]string{"verification.passed.v1", "recovery.lapsed.v1"}, func() {
		refused(w, w.CheckRecovery, domain.Guest(), coded(third, code), domain.ErrRecoveryEnded)
	})
	for _, r := range []commands.RecoveryBegun{first, third} {
		if w.lapsed(r) != domain.RecoverySuperseded {
			t.Errorf("lapsed as %s", w.lapsed(r))
		}
		w.forgottenRecovery(r)
		refused(w, w.CompleteRecovery, domain.Guest(), setting(r, "the loser's horse battery 12"), domain.ErrRecoveryEnded)
	}
	do(w, w.SignIn, domain.Guest(), withPassword(ada, renewed))
	w.proved(ada) // one that is asked for afterwards is as good as any
}

// What who knows the password does, ends no recovery: they could keep the owner out for ever.
func TestNothingButARecoveryEndsARecovery(t *testing.T) {
	w := newWorld(t)
	c := w.person(ada)
	r := w.proved(ada)
	in := do(w, w.ChangePassword, c, commands.ChangePassword{Current: passwords.New(password),
		New: passwords.New("the thief's horse battery 12"), EndOthers: true})
	do(w, w.SignOutEverywhere, w.authenticated(in.Token), struct{}{})
	do(w, w.CompleteRecovery, domain.Guest(), setting(r, renewed))
	refused(w, w.SignIn, domain.Guest(), withPassword(ada, "the thief's horse battery 12"), domain.ErrCredentials)
	do(w, w.SignIn, domain.Guest(), withPassword(ada, renewed))
}

// A repeat under the same Idempotency-Key is answered as before; with another password, or for another recovery, it is refused.
func TestRepeatedRecovery(t *testing.T) {
	w := newWorld(t)
	w.account(ada)
	ask := keyed(domain.Guest(), "recover")
	begun := func() commands.RecoveryBegun {
		a, err := w.Recover(t.Context(), ask, commands.Recover{Email: ada})
		if err != nil {
			t.Fatal(err)
		}
		return a.Value
	}
	r := begun()
	w.appended(nil, func() {
		if again := begun(); again != r {
			t.Error("another answer")
		}
	})
	if _, err := w.Recover(t.Context(), ask, commands.Recover{Email: "eve@example.com"}); !errors.Is(err, domain.ErrRepeated) {
		t.Errorf("for another address: %v", err)
	}
	check := keyed(domain.Guest(), "check_recovery")
	code := w.recoveryMessage(r, 1).Code
	for range 2 {
		if _, err := w.CheckRecovery(t.Context(), check, coded(r, code)); err != nil {
			t.Error(err)
		}
	}
	if _, err := w.CheckRecovery(t.Context(), check, coded(r, "654321")); !errors.Is(err, domain.ErrProved) {
		t.Errorf("with another code: %v", err)
	}
	complete := keyed(domain.Guest(), "complete_recovery")
	set := func(password string, want error) {
		t.Helper()
		if _, err := w.CompleteRecovery(t.Context(), complete, setting(r, password)); !errors.Is(err, want) {
			t.Errorf("%v, want %v", err, want)
		}
	}
	set(renewed, nil)
	w.restart()
	w.appended(nil, func() {
		set(renewed, nil)
		set("another horse battery 12", domain.ErrRepeated)
	})
	other := w.proved(ada)
	if _, err := w.CompleteRecovery(t.Context(), complete, setting(other, renewed)); !errors.Is(err, domain.ErrRepeated) {
		t.Errorf("for another recovery: %v", err)
	}
	w.clock.forward(11 * time.Minute)
	set(renewed, domain.ErrRepeatLate)
	do(w, w.SignIn, domain.Guest(), withPassword(ada, renewed))
}

// A clock that was set back makes nothing valid that is not: what claims to come from the future counts as expired.
func TestRecoveryWithTheClockSetBack(t *testing.T) {
	w := newWorld(t)
	w.account(ada)
	asked, proved := w.recover(ada), w.proved(ada)
	code := w.recoveryMessage(asked, 1).Code
	w.clock.forward(-time.Hour)
	refused(w, w.CheckRecovery, domain.Guest(), coded(asked, code), domain.ErrRecoveryEnded)
	refused(w, w.CompleteRecovery, domain.Guest(), setting(proved, renewed), domain.ErrRecoveryEnded)
	w.clock.forward(time.Hour + time.Minute)
	do(w, w.CompleteRecovery, domain.Guest(), setting(proved, renewed)) // once it goes right again
	w.clock.forward(-time.Hour)
	c := w.authenticated(do(w, w.SignIn, domain.Guest(), withPassword(ada, renewed)).Token)
	if v := do(w, w.RequestErasure, c, commands.RequestErasure{}); v.Due.Sub(w.clock.Now()).Round(time.Minute) < domain.DefaultGrace {
		t.Errorf("not guarded any more: due %s", v.Due)
	}
}

// While an account is guarded, its erasure leaves its owner two weeks to cancel it.
func TestErasureOfAGuardedAccount(t *testing.T) {
	for after, want := range map[time.Duration]time.Duration{0: domain.DefaultGrace, domain.GuardLifetime: time.Hour} {
		t.Run(fmt.Sprint(after), func(t *testing.T) {
			w := newWorld(t)
			w.deps.Config.Grace = time.Hour
			w.restart()
			w.account(ada)
			w.recovered(ada)
			w.clock.forward(after)
			c := w.authenticated(do(w, w.SignIn, domain.Guest(), withPassword(ada, renewed)).Token)
			if v := do(w, w.RequestErasure, c, commands.RequestErasure{}); v.Due.Sub(w.clock.Now()).Round(time.Minute) != want {
				t.Errorf("due in %s", v.Due.Sub(w.clock.Now()))
			}
		})
	}
}

// A removed address recovers nothing, by a code or by one that was given before; whoever reads what is sent there hears that it is held.
func TestRecoveryByARemovedAddress(t *testing.T) {
	w := newWorld(t)
	c := w.person(ada)
	w.attached(c, ada2)
	w.clock.forward(domain.Probation) // before it recovers nothing
	asked, proved := w.recover(ada2), w.proved(ada2)
	code := w.recoveryMessage(asked, 1).Code
	do(w, w.RemoveContact, c, w.own(c, ada2))
	refused(w, w.CheckRecovery, domain.Guest(), coded(asked, code), domain.ErrCode)
	refused(w, w.CompleteRecovery, domain.Guest(), setting(proved, renewed), domain.ErrRecoveryEnded)
	if w.lapsed(proved) != domain.RecoveryGone {
		t.Errorf("lapsed as %s", w.lapsed(proved))
	}
	if m := w.recoveryMessage(w.recover(ada2), 1); m.Kind != domain.MessageHeld || m.Code != "" {
		t.Errorf("%s with the code %q", m.Kind, m.Code)
	}
	do(w, w.SignIn, domain.Guest(), signInOf(ada))
	w.recovered(ada)
	c = w.authenticated(do(w, w.SignIn, domain.Guest(), withPassword(ada, renewed)).Token)
	w.attached(c, "third@example.org")
	do(w, w.MakePrimary, c, w.own(c, "third@example.org"))
	refused(w, w.RemoveContact, c, w.own(c, ada), domain.ErrGuarded)
}
