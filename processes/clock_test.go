package processes_test

import (
	"errors"
	"os"
	"testing"
	"time"

	"github.com/google/uuid"

	"accountledger/domain"
	"accountledger/journal"
	"accountledger/leases/local"
)

// Row T7: a clock a year ahead for a moment destroys nothing, and everything else goes on.
func TestAClockThatJumpsDestroysNothing(t *testing.T) {
	l := newLedger(t)
	h := l.hold()
	w := l.watch(local.New())
	w.settles()
	l.clock.Jump(year)
	w.waits(true)
	w.settles()
	h.whole("a year ahead")
	if c := w.p.Clock(); c.Says.Sub(c.Expected) < year-time.Hour || c.Since.Before(c.Expected) {
		t.Fatalf("it is told as %+v", c)
	}
	l.clock.Jump(-year)
	w.waits(false)
	w.settles()
	h.whole("back again")
	if w.told.count(beginning) != 1 || w.told.count(end) != 1 {
		t.Fatalf("%d beginnings and %d ends were logged", w.told.count(beginning), w.told.count(end))
	}
	for range 14 * 2 { // and in its time it is carried out
		l.clock.Add(12*time.Hour + time.Second)
		w.settles()
	}
	w.until("the erasure", h.erased)
	if !l.lapsed(h.signUp) || w.p.Clock().Waits {
		t.Fatal("the sign-up has not lapsed in two weeks, or the clock is doubted")
	}
}

func TestAnOperatorConfirmsAClockThatJumped(t *testing.T) {
	l := newLedger(t)
	h := l.hold()
	w := l.watch(local.New())
	right := l.clock.Now()
	l.clock.Jump(year)
	w.waits(true)
	var refused *domain.Error
	if err := l.confirm(right); !errors.As(err, &refused) || refused.Code != "clock_differs" {
		t.Fatalf("another time than the clock's was confirmed: %v", err)
	}
	w.settles()
	h.whole("after a wrong word")
	if l.last(domain.ClockStream) != nil {
		t.Fatal("a refusal was recorded as a confirmation")
	}
	fatal(t, l.confirm(l.clock.Now()))
	w.waits(false)
	h.gone(w)
	e, ok := l.last(domain.ClockStream).(domain.ClockConfirmed)
	if !ok || e.UID != 7 || e.Time.Sub(right) < year {
		t.Fatalf("recorded was %+v", e)
	}
	if w.told.count(end) != 1 {
		t.Fatal("the end was not logged")
	}
}

// Whatever was written under the jumped clock proves nothing, with the list or without.
func TestARestartWithinAJumpDestroysNothing(t *testing.T) {
	l := newLedger(t)
	h := l.hold()
	w := l.watch(local.New())
	w.settles()
	l.clock.Jump(year)
	for range 5 {
		l.account(uuid.NewString() + "@example.com")
	}
	w.waits(true)
	w.stop()
	w = l.watch(local.New())
	w.waits(true)
	w.settles()
	h.whole("after a restart")
	w.stop()
	fatal(t, os.Remove(l.path))
	w = l.watch(local.New())
	w.waits(true)
	w.settles()
	h.whole("after the list was lost")
	l.clock.Jump(-year)
	w.waits(false)
	w.settles()
	h.whole("back again")
}

// Nothing but an operator can tell a month in which the ledger was off from a clock that jumped by one.
func TestALedgerThatWasOffForAMonthWaits(t *testing.T) {
	l := newLedger(t)
	h := l.hold()
	w := l.watch(local.New())
	w.settles()
	w.stop()
	l.clock.Add(2 * 30 * day)
	w = l.watch(local.New())
	w.waits(true)
	w.settles()
	h.whole("after a month")
	w.stop()
	fatal(t, l.confirm(l.clock.Now())) // whether or not a process runs
	w = l.watch(local.New())
	h.gone(w)
	if w.p.Clock().Waits || w.told.count(beginning) != 0 {
		t.Fatal("it waited after it was confirmed")
	}
}

// A log in which nothing happens proves the time as well, while there is a process that settles.
func TestAQuietLogDoesNotMakeTheClockDoubted(t *testing.T) {
	l := newLedger(t)
	w := l.watch(local.New())
	w.settles()
	for n := int64(1); n <= 10; n++ {
		l.clock.Add(hours)
		w.until("the note", func() bool {
			head, err := l.journal.LastOf(t.Context(), domain.ClockStream)
			fatal(t, err)
			return head.Version >= n-1
		})
	}
	w.stop()
	up, _ := l.signUp("waits@example.com")
	l.clock.Add(day + time.Second)
	w = l.watch(local.New())
	w.until("the lapse", func() bool { return l.lapsed(up.Verification) })
	if w.told.count(beginning) != 0 {
		t.Fatal("the clock was doubted")
	}
}

// What was begun while the clock was ahead does not wait until the clock is there again.
func TestWhatWasBegunUnderAJumpIsFinishedAfterIt(t *testing.T) {
	for name, followed := range map[string]bool{"on the list in the jump": true, "on the list after it": false} {
		t.Run(name, func(t *testing.T) {
			l := newLedger(t)
			l.account("ada@example.com")
			w := l.watch(local.New())
			w.settles()
			l.clock.Jump(year)
			w.waits(true)
			up, _ := l.signUp("bea@example.com")
			_, err := l.journal.Append(t.Context(), journal.NoStream(domain.VerificationStream(up.Verification)), journal.Entry{
				ID:       domain.EventID{UUID: uuid.New()},
				Metadata: domain.Metadata{At: l.clock.Now(), Actor: domain.Guest().Actor, Channel: domain.ChannelAPI},
				Event: domain.VerificationPassed{Issue: 1, Purpose: domain.VerifySignUp,
					RequestedOn: domain.DayOf(l.clock.Now()), Took: domain.TookUnder1Minute, Nth: 1}})
			fatal(t, err)
			if followed {
				w.follow()
			}
			l.clock.Jump(-year)
			w.waits(false)
			l.clock.Add(3 * time.Second)
			w.until("the completion", func() bool {
				l.clock.Add(time.Second)
				_, done := l.last(domain.SignUpStream(domain.SignUpID(up.Verification))).(domain.SignUpCompleted)
				return done
			})
		})
	}
}

func TestOneWildTimeInTheLogProvesNothing(t *testing.T) {
	l := newLedger(t)
	h := l.hold()
	for _, wild := range []time.Duration{year, -year} {
		_, err := l.journal.Append(t.Context(), journal.NoStream(domain.NoticeStream(domain.Permission("wild"+wild.String()))), journal.Entry{
			ID:       domain.EventID{UUID: uuid.New()},
			Metadata: domain.Metadata{At: l.clock.Now().Add(wild), Actor: domain.System().Actor, Channel: domain.ChannelProcess},
			Event:    domain.AccountSignedOutEverywhere{}})
		fatal(t, err)
	}
	w := l.watch(local.New())
	w.settles()
	if w.p.Clock().Waits {
		t.Fatal("a wild time made the clock doubted")
	}
	l.clock.Jump(year)
	w.waits(true)
	w.settles()
	h.whole("at the wild time")
	l.clock.Jump(-year)
	w.waits(false)
	l.clock.Add(day)
	w.until("the lapse", func() bool { l.clock.Add(time.Second); return l.lapsed(h.signUp) })
}

func TestAClockThatGoesBackDoesNoHarm(t *testing.T) {
	l := newLedger(t)
	h := l.hold()
	w := l.watch(local.New())
	w.settles()
	l.clock.Jump(-year)
	w.waits(true)
	l.clock.Add(time.Minute)
	h.whole("a year back")
	l.clock.Jump(year)
	w.waits(false)
	w.settles()
	h.whole("in time again")
	for range 14 * 2 {
		l.clock.Add(12*time.Hour + time.Second)
		w.settles()
	}
	w.until("the erasure", h.erased)
}

// A clock that steps by less than the bound again and again is doubted as soon as the steps come to more.
func TestSmallJumpsAddUp(t *testing.T) {
	l := newLedger(t)
	h := l.hold()
	w := l.watch(local.New())
	w.settles()
	l.clock.Jump(20 * time.Hour)
	w.settles()
	l.clock.Jump(20 * time.Hour)
	w.waits(true)
	w.settles()
	h.whole("after two steps")
}

func TestOnlyTheProcessThatSettlesDoubtsItsClock(t *testing.T) {
	l := newLedger(t)
	h := l.hold()
	server := local.New()
	w := l.watch(server)
	w.settles()
	other := l.share(server)
	other.follow()
	l.clock.Jump(year)
	w.waits(true)
	w.settles()
	if other.p.Clock().Waits {
		t.Fatal("a process that does not settle says that it waits")
	}
	w.stop()
	other.until("the other one's wait", func() bool { return other.p.Clock().Waits })
	h.whole("when another process settles")
}
