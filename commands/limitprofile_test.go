package commands_test

import (
	"context"
	"errors"
	"testing"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/passwords"
)

// limitsChanged gives the changes of limits that the log tells of.
func (w *world) limitsChanged() (out []domain.LimitsChanged) {
	w.t.Helper()
	for rec, err := range w.journal.Read(context.Background(), domain.OperationsStream, 0) {
		if err != nil {
			w.t.Fatal(err)
		}
		if e, ok := rec.Event.(domain.LimitsChanged); ok {
			out = append(out, e)
		}
	}
	return out
}

func TestLimitsAreRaisedForAWhile(t *testing.T) {
	w := newWorld(t)
	profile := commands.RaiseLimits{Profile: domain.LimitsSimulation}
	limited := func(email string) bool {
		for range 25 {
			_, err := w.SignIn(t.Context(), request(domain.Guest()), commands.SignIn{Email: email, Password: passwords.New("not the one at all")})
			if errors.Is(err, domain.ErrRate) {
				return true
			} else if !errors.Is(err, domain.ErrCredentials) {
				t.Fatal(err)
			}
		}
		return false
	}
	if !limited("one@example.invalid") {
		t.Error("there is no limit to begin with")
	}
	do(w, w.RaiseLimits, domain.Operator(7), profile)
	if limited("two@example.invalid") {
		t.Error("limits are not raised")
	}
	for range 12 { // more messages than one address may have otherwise
		w.signUp("three@example.invalid")
	}
	if _, err := w.RaiseLimits(t.Context(), request(domain.Operator(7)), profile); err == nil {
		t.Error("raised twice")
	}
	do(w, w.RestoreLimits, domain.Operator(7), profile)
	do(w, w.RestoreLimits, domain.Operator(7), profile) // nothing to put back
	if !limited("two@example.invalid") {
		t.Error("limits are not put back")
	}
	refused(w, w.SignUp, domain.Guest(), signUpOf("three@example.invalid"), domain.ErrMessages)
	want := []domain.LimitsChanged{{Profile: domain.LimitsSimulation, UID: 7, InForce: true}, {Profile: domain.LimitsSimulation, UID: 7}}
	if got := w.limitsChanged(); len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("recorded: %+v", got)
	}
	for _, c := range []domain.Caller{domain.Guest(), {Actor: domain.Actor{Kind: domain.ActorPerson}}, domain.System()} {
		refused(w, w.RaiseLimits, c, profile, domain.ErrForbidden)
	}
	if _, err := w.RaiseLimits(t.Context(), request(domain.Operator(7)), commands.RaiseLimits{Profile: "none"}); err == nil {
		t.Error("a profile that nobody knows")
	}
}

// What is not recorded does not hold.
func TestLimitsStayWhereTheLogTakesNothing(t *testing.T) {
	w := newWorld(t)
	if err := w.store.Close(); err != nil {
		t.Fatal(err)
	}
	profile := commands.RaiseLimits{Profile: domain.LimitsSimulation}
	if _, err := w.RaiseLimits(t.Context(), request(domain.Operator(7)), profile); err == nil {
		t.Fatal("raised without a record")
	}
	if a, err := w.RestoreLimits(t.Context(), request(domain.Operator(7)), profile); err != nil || !a.Value.IsZero() {
		t.Errorf("there was something to put back: %v", err)
	}
}
