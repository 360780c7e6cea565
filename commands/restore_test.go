package commands_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/journal"
	"accountledger/passwords"
	"accountledger/vault"
)

// restore records that the log was made from a backup.
func (w *world) restore() {
	w.t.Helper()
	do(w, w.RecordRestore, domain.Operator(1000), commands.RecordRestore{Restored: domain.LedgerRestored{
		Cause: domain.CauseBackup, From: domain.LogID{UUID: uuid.New()}, BackupAt: w.clock.Now(), Events: 1, List: domain.ListNone, UID: 1000}})
}

func TestARestoreEndsWhatWasOpen(t *testing.T) {
	w := newWorld(t)
	w.account(ada)
	_, session := w.session(ada)
	w.officer("officer@example.org", domain.RoleAnalyst)
	staff := do(w, w.AddStaff, domain.Operator(1000), commands.AddStaff{Email: "late@example.org", Role: domain.RoleAnalyst})
	open := w.signUp("open@example.com")
	code := w.message(open, 1).Code
	// A clock that was ahead gives its sessions no longer life.
	w.clock.forward(time.Hour)
	_, ahead := w.session(ada)
	w.clock.forward(-time.Hour)

	w.restore()
	for range 2 { // this process, and the next one
		for _, token := range []commands.Token{session.Token, ahead.Token} {
			if _, err := w.Authenticate(t.Context(), token); !errors.Is(err, domain.ErrSession) {
				t.Errorf("error %v", err)
			}
		}
		if _, err := w.check(open, code); !errors.Is(err, domain.ErrEnded) {
			t.Errorf("error %v", err)
		}
		refused(w, w.Resend, domain.Guest(), commands.Resend{Verification: open.Verification, Handle: open.Handle}, domain.ErrEnded)
		refused(w, w.Enrol, domain.Guest(), commands.Enrol{Code: staff.Code, Password: passwords.New(password)}, domain.ErrEnrolment)
		if m := w.message(open, 1); m.Code != "" {
			t.Error("a code would be sent")
		}
		w.restart()
	}
	w.appended([]string{"verification.ended.v1", "sign_up.lapsed.v1"}, func() {
		do(w, w.SettleVerification, domain.System(), commands.SettleVerification{ID: open.Verification})
	})
	if _, err := w.vault.Key(t.Context(), domain.SignUpKey(domain.SignUpID(open.Verification))); !errors.Is(err, vault.ErrDestroyed) {
		t.Errorf("its key: %v", err)
	}

	// What begins now is as ever, and the same restore is recorded once.
	w.appended(nil, w.restore)
	caller, _ := w.session(ada)
	if all := do(w, w.ListSessions, caller, struct{}{}); len(all) != 1 {
		t.Errorf("%d sessions", len(all))
	}
	again := do(w, w.AddStaff, domain.Operator(1000), commands.AddStaff{Email: "late@example.org", Role: domain.RoleAnalyst})
	do(w, w.Enrol, domain.Guest(), commands.Enrol{Code: again.Code, Password: passwords.New(password)})
	refused(w, w.AddStaff, domain.Operator(1000), commands.AddStaff{Email: "late@example.org", Role: domain.RoleAnalyst}, domain.ErrStaffTaken)
	w.account("open@example.com")
	w.unique()
}

func TestAnAccountWithoutItsKeyIsErasedAfterARestore(t *testing.T) {
	for name, before := range map[string]func(w *world, c domain.Caller){
		"nothing was asked for": func(*world, domain.Caller) {},
		"it was asked for":      func(w *world, c domain.Caller) { do(w, w.RequestErasure, c, commands.RequestErasure{}) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			c := w.person(ada)
			before(w, c)
			w.restore()
			erase := func() bool {
				return do(w, w.EraseRestored, domain.System(), commands.EraseRestored{Account: c.Account}).Erased
			}
			if !erase() || erase() {
				t.Error("it is erased once")
			}
			w.refusesKey(domain.AccountKey(c.Account))
			refused(w, w.SignIn, domain.Guest(), signInOf(ada), domain.ErrCredentials)
			if got := w.account(ada); got == c.Account {
				t.Error("the new account is the old one")
			}
			if do(w, w.EraseRestored, domain.System(), commands.EraseRestored{Account: domain.AccountID{UUID: uuid.New()}}).Erased {
				t.Error("an account that does not exist was erased")
			}
			w.unique()
		})
	}
}

func (w *world) refusesKey(name string) {
	w.t.Helper()
	if _, err := w.vault.Key(w.t.Context(), name); !errors.Is(err, vault.ErrDestroyed) {
		w.t.Errorf("key: %v", err)
	}
}

// A backup catches a sign-up after its proof and before its account; by the time its vault is read, its key is gone.
func TestASignUpCaughtHalfwayIsSettled(t *testing.T) {
	w := newWorld(t)
	s := w.signUp(ada)
	w.append(domain.VerificationStream(s.Verification), domain.VerificationPassed{Issue: 1, Purpose: domain.VerifySignUp,
		RequestedOn: domain.DayOf(w.clock.Now()), Took: domain.TookUnder1Minute, Nth: 1})
	var asked domain.Fact
	for _, f := range w.log() {
		if _, ok := f.Event.(domain.SignUpRequested); ok {
			asked = f
		}
	}
	request := domain.SignUp{Fact: asked}
	claim := domain.ClaimID{UUID: uuid.New()}
	w.append(domain.IdentifierStream(claim), domain.IdentifierClaimed{Kind: domain.IdentifierEmail, Account: request.AccountOf(),
		Completes: s.Verification, Purpose: domain.VerifySignUp})
	if err := w.vault.DestroyKeys(t.Context(), domain.SignUpKey(domain.SignUpID(s.Verification))); err != nil {
		t.Fatal(err)
	}
	w.restore()
	types := w.since(func() {
		do(w, w.SettleVerification, domain.System(), commands.SettleVerification{ID: s.Verification})
		do(w, w.DropClaim, domain.System(), commands.DropClaim{Claim: claim})
		do(w, w.DropClaim, domain.System(), commands.DropClaim{Claim: claim})
	})
	if !slices.Equal(types, []string{"sign_up.lapsed.v1", "identifier.retired.v1"}) {
		t.Errorf("%v", types)
	}
	last := w.log()
	if e, ok := last[len(last)-2].Event.(domain.SignUpLapsed); !ok || e.Reason != domain.LapseRestored {
		t.Errorf("%+v", last[len(last)-2].Event)
	}

	// With its key it is completed, and the claim of an account is not dropped.
	w = newWorld(t)
	s = w.signUp(ada)
	w.append(domain.VerificationStream(s.Verification), domain.VerificationPassed{Issue: 1, Purpose: domain.VerifySignUp,
		RequestedOn: domain.DayOf(w.clock.Now()), Took: domain.TookUnder1Minute, Nth: 1})
	w.restore()
	do(w, w.SettleVerification, domain.System(), commands.SettleVerification{ID: s.Verification})
	caller, _ := w.session(ada)
	for _, f := range w.log() {
		if e, ok := f.Event.(domain.IdentifierClaimed); ok && e.Account == caller.Account {
			id, _ := domain.ParseID(f.Stream[len("identifier-"):])
			w.appended(nil, func() { do(w, w.DropClaim, domain.System(), commands.DropClaim{Claim: domain.ClaimID{UUID: id}}) })
		}
	}
}

// append puts an event into a stream, as a crash left it.
func (w *world) append(stream string, event any) {
	w.t.Helper()
	m := domain.Metadata{At: w.clock.Now(), Actor: domain.Actor{Kind: domain.ActorSystem}, Channel: domain.ChannelProcess}
	if _, err := w.journal.Append(w.t.Context(), journal.NoStream(stream),
		journal.Entry{ID: domain.EventID{UUID: uuid.New()}, Metadata: m, Event: event}); err != nil {
		w.t.Fatal(fmt.Errorf("%s: %w", stream, err))
	}
}

func TestBackupsAreFoundInTheLog(t *testing.T) {
	w := newWorld(t)
	operator := domain.Operator(1000)
	if b, err := commands.ReadBackups(t.Context(), w.journal); err != nil || !b.Begun.IsZero() || !b.Completed.IsZero() {
		t.Errorf("%+v", b)
	}
	for _, op := range []domain.Operation{domain.OpBackup, domain.OpBackupDone, domain.OpKeysList, domain.OpBackup} {
		do(w, w.Operate, operator, commands.Operate{Operation: op})
	}
	b, err := commands.ReadBackups(t.Context(), w.journal)
	if err != nil || b.Begun.IsZero() || !b.Begun.After(b.Completed) {
		t.Errorf("%+v", b)
	}
}
