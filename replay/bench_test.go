package replay_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sys/unix"

	"accountledger/domain"
	"accountledger/eventstore"
	"accountledger/projections"
	"accountledger/projections/projectiontest"
	"accountledger/replay"
)

// BenchmarkRebuild folds a log of 180,000 events into all views: people with a sign-up, decisions, a device and looks.
func BenchmarkRebuild(b *testing.B) {
	const people = 20_000
	l := projectiontest.New(b)
	seed(b, l, people)
	events := l.Head().Position.Int64()
	for _, views := range [][]string{nil, {"activity"}, {"accounts"}, {"permissions"}, {"devices"}, {"accesses"}, {"sign_ins"}, {"daily"}} {
		name := "all"
		if len(views) > 0 {
			name = views[0]
		}
		b.Run(name, func(b *testing.B) {
			before := processor(b)
			for b.Loop() {
				deps := replay.Deps{Journal: l.Journal, Engine: l.Engine, Views: projections.All()}
				if err := replay.Rebuild(b.Context(), deps, views, nil); err != nil {
					b.Fatal(err)
				}
			}
			folded := float64(events) * float64(b.N)
			b.ReportMetric(folded/b.Elapsed().Seconds(), "events/s")
			b.ReportMetric(float64((processor(b)-before).Microseconds())/folded, "cpu-us/event")
		})
	}
}

// processor is the processor time of this process: the figure least affected by other load.
func processor(b *testing.B) time.Duration {
	b.Helper()
	var used unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// seed copies one person's stored events under other ids, so that no keys have to be created.
func seed(b *testing.B, l *projectiontest.Ledger, people int) {
	b.Helper()
	p := l.SignUp("DE", "anna@example.org", map[domain.Permission]*domain.Notices{"location": l.Notices("location")})
	from := l.Head()
	p.Link("phone", "a model of some length", "a name of some length")
	p.Set("location", "weather", true)
	p.Set("location", "navigation", true)
	p.Set("location", "weather", false)
	l.Look(p)
	l.Look(p)
	page, err := l.Store.ReadAll(b.Context(), from.Position, 100)
	if err != nil {
		b.Fatal(err)
	}
	opened := storedOpening(b, l, p.ID)
	for i := range people {
		id := uuid.NewSHA1(p.ID.UUID, []byte(strconv.Itoa(i)))
		copied := func(e eventstore.Event) eventstore.Event {
			e.ID = uuid.NewSHA1(id, e.ID[:])
			return e
		}
		account := []eventstore.Event{copied(opened.Event)}
		looks := []eventstore.Event{}
		for _, e := range page.Events {
			if e.Stream == opened.Stream {
				account = append(account, copied(e.Event))
			} else {
				looks = append(looks, copied(e.Event))
			}
		}
		_, err := l.Store.Append(b.Context(), domain.AccountStream(domain.AccountID{UUID: id}), eventstore.NoStream, account...)
		if err == nil {
			_, err = l.Store.Append(b.Context(), "access-"+id.String()+"-2026-03-01", eventstore.NoStream, looks...)
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}

func storedOpening(b *testing.B, l *projectiontest.Ledger, id domain.AccountID) eventstore.Recorded {
	b.Helper()
	for e, err := range l.Store.ReadStream(b.Context(), domain.AccountStream(id), eventstore.Forwards, eventstore.Start) {
		if err != nil {
			b.Fatal(err)
		}
		return e
	}
	b.Fatal("the account was never opened")
	return eventstore.Recorded{}
}
