package commands_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"accountledger/commands"
	"accountledger/domain"
)

// atTime sets the clock.
func (w *world) atTime(year int, month time.Month, day, hour int) {
	w.clock.at.Store(time.Date(year, month, day, hour, 0, 0, 0, time.UTC).UnixNano())
}

// firsts are the firsts of events of one type, in the log's order.
func firsts[E any](w *world, of func(E) domain.First) []domain.First {
	w.t.Helper()
	var out []domain.First
	for _, f := range w.log() {
		if e, ok := f.Event.(E); ok {
			out = append(out, of(e))
		}
	}
	return out
}

func grantFirst(e domain.PermissionGranted) domain.First { return e.First }

// sessionFirst leaves out officers.
func sessionFirst(e domain.SessionStarted) domain.First { return e.First }

// everything a person does that people are counted by, once.
func (w *world) actsOnce(person domain.Caller) {
	w.t.Helper()
	do(w, w.SetPermission, person, w.grant())
	do(w, w.SetPermission, person, withdrawal())
	do(w, w.LinkDevice, person, domain.LinkDevice{Kind: "phone", Model: "Pixel 9", Name: "Phone"})
	do(w, w.SignIn, domain.Guest(), signInOf(ada))
}

// Nothing is counted twice because a process starts again, or because several share the work.
func TestFirstsOfOneDayInSeveralProcesses(t *testing.T) {
	w := newWorld(t)
	person := w.person(ada)
	one := w.Menu
	w.actsOnce(person)
	w.restart()
	w.actsOnce(person)
	other := w.Menu
	for _, menu := range []*commands.Menu{one, other, one} {
		w.Menu = menu
		w.actsOnce(person)
	}
	day := func(got []domain.First, first domain.First) {
		t.Helper()
		if len(got) < 5 || got[0] != first || slices.ContainsFunc(got[1:], func(f domain.First) bool { return f != "" }) {
			t.Errorf("%q", got)
		}
	}
	day(firsts(w, grantFirst), domain.FirstEver)
	day(firsts(w, func(e domain.PermissionWithdrawn) domain.First { return e.First }), domain.FirstEver)
	day(firsts(w, func(e domain.DeviceLinked) domain.First { return e.First }), domain.FirstEver)
	day(firsts(w, sessionFirst), domain.FirstOfWeekAndMonth)
}

// Of two processes that link a device at the same moment one is first: the version of the account's stream decides.
func TestOneIsFirstOfTwoAtOnce(t *testing.T) {
	w := newWorld(t)
	person := w.person(ada)
	menus := []*commands.Menu{w.Menu}
	w.restart()
	menus = append(menus, w.Menu)
	var all sync.WaitGroup
	for n := range 8 {
		all.Go(func() {
			link := domain.LinkDevice{Kind: "watch", Model: "x", Name: fmt.Sprint(n)}
			if _, err := menus[n%2].LinkDevice(t.Context(), request(person), link); err != nil {
				t.Error(err)
			}
			if _, err := menus[n%2].SignIn(t.Context(), request(domain.Guest()), signInOf(ada)); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	var numbers []domain.Nth
	for _, f := range w.log() {
		if e, ok := f.Event.(domain.DeviceLinked); ok {
			numbers = append(numbers, e.Nth)
			if (e.First == domain.FirstEver) != (e.Nth == 1) || (e.Cohort == "2026-05") != (e.Nth == 1) {
				t.Errorf("%+v", e)
			}
		}
	}
	if !slices.Equal(numbers, []domain.Nth{1, 2, 3, 4, 4, 4, 4, 4}) {
		t.Errorf("numbers %v", numbers)
	}
	if got := firsts(w, sessionFirst); len(got) != 9 || got[0] != domain.FirstOfWeekAndMonth || slices.ContainsFunc(got[1:], domain.First.Day) {
		t.Errorf("sessions %q", got)
	}
}

// Days, weeks and months end at midnight in UTC; weeks do not end with years.
func TestFirstsAcrossPeriods(t *testing.T) {
	w := newWorld(t)
	w.atTime(2026, 12, 28, 12) // the Monday of week 53
	w.account(ada)
	for _, c := range []struct {
		month     time.Month
		day, hour int
		session   domain.First
		grant     domain.First
	}{
		{12, 28, 12, domain.FirstOfWeekAndMonth, domain.FirstEver},
		{12, 28, 23, "", ""},
		{12, 29, 0, domain.FirstOfDay, domain.FirstOfDay},
		{13, 1, 0, domain.FirstOfMonth, domain.FirstOfMonth}, // 1 January, in the same week
		{13, 1, 5, "", ""},
		{13, 3, 23, domain.FirstOfDay, domain.FirstOfDay},
		{13, 4, 0, domain.FirstOfWeek, domain.FirstOfWeek}, // week 1
		{14, 1, 0, domain.FirstOfWeekAndMonth, domain.FirstOfWeekAndMonth},
		{14, 1, 1, "", ""},
	} {
		w.atTime(2026, c.month, c.day, c.hour)
		w.restart()
		person, _ := w.session(ada)
		do(w, w.SetPermission, person, w.grant())
		do(w, w.SetPermission, person, withdrawal())
		sessions, grants := firsts(w, sessionFirst), firsts(w, grantFirst)
		if s, g := sessions[len(sessions)-1], grants[len(grants)-1]; s != c.session || g != c.grant {
			t.Errorf("month %d day %d: session %q, grant %q", c.month, c.day, s, g)
		}
	}
}

// A clock that goes back a day and comes back makes nobody a first twice.
func TestFirstsWhenTheClockGoesBack(t *testing.T) {
	w := newWorld(t)
	person := w.person(ada)
	w.actsOnce(person)
	w.clock.forward(-24 * time.Hour)
	w.restart()
	person, _ = w.session(ada)
	w.actsOnce(person)
	w.clock.forward(24 * time.Hour)
	w.actsOnce(person)
	for name, got := range map[string][]domain.First{"grants": firsts(w, grantFirst), "sessions": firsts(w, sessionFirst)} {
		if slices.ContainsFunc(got[1:], domain.First.Day) {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// A repeat under an Idempotency-Key appends nothing, and so counts nothing, also on a later day and in another process.
func TestRepeatsAreNoFirsts(t *testing.T) {
	w := newWorld(t)
	person := w.person(ada)
	r := keyed(person, "grant")
	set := w.grant()
	before := len(w.log())
	w.clock.at.Store(time.Date(2026, 5, 17, 23, 59, 59, 0, time.UTC).UnixNano())
	person, _ = w.session(ada)
	r.Caller = person
	for range 3 {
		if _, err := w.SetPermission(t.Context(), r, set); err != nil {
			t.Fatal(err)
		}
		w.clock.forward(time.Minute)
		w.restart()
	}
	if got := firsts(w, grantFirst); !slices.Equal(got, []domain.First{domain.FirstEver}) {
		t.Errorf("%q in %d events", got, len(w.log())-before)
	}
}

// What ends a sign-up or a verification says on which day it was requested and how long that took.
func TestSignUpsSayWhenTheyWereRequested(t *testing.T) {
	w := newWorld(t)
	w.atTime(2026, 5, 31, 23)
	w.clock.forward(55 * time.Minute)
	s := w.signUp(ada)
	code := w.message(s, 1).Code
	w.clock.forward(6 * time.Minute) // into June
	if _, err := w.check(s, "x"); !errors.Is(err, domain.ErrCode) {
		t.Fatal(err)
	}
	if _, err := w.check(s, code); err != nil {
		t.Fatal(err)
	}
	lapsing := w.signUp("bea@example.com")
	w.clock.forward(25 * time.Hour)
	do(w, w.SettleVerification, domain.System(), commands.SettleVerification{ID: lapsing.Verification})
	var got []any
	for _, f := range w.log() {
		switch e := f.Event.(type) {
		case domain.VerificationFailed, domain.VerificationPassed, domain.VerificationEnded, domain.SignUpLapsed:
			got = append(got, e)
		case domain.SignUpCompleted:
			e.Account = domain.AccountID{UUID: uuid.Nil}
			got = append(got, e)
		}
	}
	want := []any{
		domain.VerificationFailed{Issue: 1, Try: 1, Purpose: domain.VerifySignUp, RequestedOn: "2026-05-31"},
		domain.VerificationPassed{Issue: 1, Purpose: domain.VerifySignUp, RequestedOn: "2026-05-31", Took: domain.TookUnder15Minutes, Nth: 2},
		domain.SignUpCompleted{RequestedOn: "2026-05-31", Took: domain.TookUnder15Minutes, Nth: 2},
		domain.VerificationEnded{Reason: domain.EndExpired, Purpose: domain.VerifySignUp, RequestedOn: "2026-06-01"},
		domain.SignUpLapsed{Reason: domain.LapseExpired, RequestedOn: "2026-06-01"},
	}
	if !slices.Equal(got, want) {
		t.Errorf("%+v", got)
	}
}

// Who adds addresses is counted once a day; the purpose of the verification says what it was for.
func TestAddedContactsAreFirsts(t *testing.T) {
	w := newWorld(t)
	person := w.person(ada)
	for i := range 2 {
		r := do(w, w.AddContact, person, commands.AddContact{Email: fmt.Sprintf("ada%d@example.org", i)})
		one := commands.SignedUp(r)
		if _, err := w.check(one, w.message(one, 1).Code); err != nil {
			t.Fatal(err)
		}
	}
	if got := firsts(w, func(e domain.ContactAttached) domain.First { return e.First }); !slices.Equal(got, []domain.First{domain.FirstEver, ""}) {
		t.Errorf("%q", got)
	}
	if got := firsts(w, func(e domain.VerificationPassed) domain.First { return domain.First(e.Purpose) }); !slices.Equal(got,
		[]domain.First{"sign_up", "add_contact", "add_contact"}) {
		t.Errorf("%q", got)
	}
}

// A process that finds a passed verification completes it without the memory of who saw it pass.
func TestACompletionElsewhereKnowsTheTry(t *testing.T) {
	w := newWorld(t)
	s := w.signUp(ada)
	w.append(domain.VerificationStream(s.Verification), domain.VerificationPassed{Issue: 1, Purpose: domain.VerifySignUp,
		RequestedOn: domain.DayOf(w.clock.Now()), Took: domain.TookUnder1Minute, Nth: 3})
	w.clock.forward(26 * time.Hour)
	w.restart()
	do(w, w.SettleVerification, domain.System(), commands.SettleVerification{ID: s.Verification})
	for _, f := range w.log() {
		if e, ok := f.Event.(domain.SignUpCompleted); ok && (e.Nth != 3 || e.Took != domain.TookLonger || e.RequestedOn != "2026-05-17") {
			t.Errorf("%+v", e)
		}
	}
}

// What people are counted by costs a change of a permission nothing: it reads and appends as one whose first was long ago.
func TestFirstsCostNoReads(t *testing.T) {
	w := newWalk(t, 1)
	person, _ := w.session(ada)
	set, last := w.grant(), effort{}
	for i := range 6 {
		w.clock.forward(12 * time.Hour)
		for _, s := range []domain.SetPermission{set, withdrawal()} {
			now := w.step(func() error { _, err := w.SetPermission(t.Context(), request(person), s); return err })
			now.Bytes = 0
			if now.Appends != 1 || now.Events != 1 || i > 0 && now != last {
				t.Errorf("round %d: %+v after %+v", i, now, last)
			}
			last = now
		}
	}
}
