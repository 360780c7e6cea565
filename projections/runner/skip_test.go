package runner_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"accountledger/consumers"
	"accountledger/domain"
	"accountledger/eventstore"
	"accountledger/internal/await"
	"accountledger/journal"
	"accountledger/leases/local"
	"accountledger/projections/projectiontest"
	"accountledger/projections/runner"
	"accountledger/projections/sqlite"
	"accountledger/projections/view"
)

// brittle is a view with a document for each kind of event, and one for each person that cannot digest withdrawals, so that
// half of such an event can be folded. touch says that it panics even when asked what an event touches.
func brittle(version int, touch bool) runner.Declaration {
	var f view.Fields
	last, count := f.Keyword("last"), f.Number("count")
	return runner.Declaration{
		Schema: view.Schema{Name: "brittle", Version: version, Fields: f},
		Touches: func(r journal.Record) []string {
			if _, ok := r.Event.(domain.PermissionWithdrawn); ok && touch {
				panicLikeARuntimeError(nil)
			}
			if r.Subject.IsZero() {
				return []string{r.Type}
			}
			return []string{r.Type, r.Subject.String()}
		},
		Reduce: func(d *view.Document, r journal.Record) error {
			if _, ok := r.Event.(domain.PermissionWithdrawn); ok && d.ID == r.Subject.String() {
				return errors.New("a rule that is wrong")
			}
			last.Set(d, r.Type)
			count.Set(d, r.Position.Int64())
			return nil
		},
	}
}

// skipped records that an operator skipped an event for a view.
func skipped(l *projectiontest.Ledger, name domain.ViewName, event domain.EventID) {
	l.Helper()
	l.Append(domain.OperationsStream, domain.EventSkipped{View: name, Event: event, UID: 1000,
		Reason: domain.Personal(domain.OperatorReason{Text: "it cannot be digested"}, domain.LedgerKey())})
}

// withdrawn lets somebody give and withdraw a permission, then more happen, and gives the withdrawal.
func withdrawn(l *projectiontest.Ledger) domain.EventID {
	l.Helper()
	p := l.SignUp("DE", "anna@example.org", map[domain.Permission]*domain.Notices{"location": l.Notices("location")})
	p.Set("location", "weather", true)
	p.Set("location", "weather", false)
	at, err := l.Journal.ReadAll(l.Context(),
		journal.Checkpoint{Position: eventstore.NewPosition(uint64(l.Head().Position.Int64()-1), uint64(l.Head().Position.Int64()-1))}, 1)
	if err != nil || len(at.Records) != 1 {
		l.Fatal(err, len(at.Records))
	}
	p.Link("phone", "a model", "a name")
	return at.Records[0].ID
}

// goesOn waits until a view that had stopped is at the head.
func (x *line) goesOn(t *testing.T, l *projectiontest.Ledger, name string) {
	t.Helper()
	await.Until(t, name+" goes on", func() bool {
		s := x.status(t, name)
		return s.State == consumers.Running && s.Position == l.Head().Position
	})
}

func rendered(t *testing.T, d runner.Declaration, docs []*view.Document) string {
	t.Helper()
	return string(projectiontest.Render(t, &d.Schema, docs))
}

// refilled is what a view holds after it is filled from the log again.
func refilled(t *testing.T, l *projectiontest.Ledger, d runner.Declaration) string {
	t.Helper()
	apart, err := sqlite.New(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	g, err := apart.Open(t.Context(), d.Schema, 1)
	if err != nil {
		t.Fatal(err)
	}
	f, err := runner.NewFilling(t.Context(), &d, g, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(g.BeginFill(t.Context()), runner.Fill(t.Context(), l.Journal, f)[0], g.EndFill(t.Context())); err != nil {
		t.Fatal(err)
	}
	out := rendered(t, d, projectiontest.Documents(t, g))
	if err := errors.Join(g.Close(), apart.Close()); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestASkipLetsAViewGoOn(t *testing.T) {
	for name, touch := range map[string]bool{"a document": false, "what it touches": true} {
		t.Run(name, func(t *testing.T) {
			l := projectiontest.New(t)
			d := brittle(1, touch)
			x := start(t, l, []runner.Declaration{d, other(1)})
			l.Notices("health")
			x.wait(t, "brittle", l.Head().Position)
			event := withdrawn(l)
			at := l.Head().Position
			if err := x.WaitFor(t.Context(), "brittle", at); !errors.Is(err, consumers.ErrStopped) {
				t.Fatal(err)
			}
			if s := x.status(t, "brittle"); !strings.Contains(s.Reason, event.String()) || !slices.Equal(x.StoppedAt("brittle"), []domain.EventID{event}) {
				t.Errorf("%+v, stopped at %v", s, x.StoppedAt("brittle"))
			}
			skipped(l, "other", event)
			skipped(l, "brittle", domain.EventID{UUID: uuid.New()})
			x.wait(t, "other", l.Head().Position)
			if s := x.status(t, "brittle"); s.State != consumers.Stopped {
				t.Errorf("a skip of another view, or of another event, let it go on: %+v", s)
			}
			skipped(l, "brittle", event)
			skipped(l, "brittle", event) // a repeat
			x.goesOn(t, l, "brittle")
			if len(x.StoppedAt("brittle")) != 0 {
				t.Error("it is said to have stopped")
			}
			all, err := x.views.Skips().All(t.Context())
			if err != nil || len(all) != 3 {
				t.Errorf("%d skips: %v", len(all), err)
			}
			live := rendered(t, d, x.documents(t, "brittle"))
			if half := strings.Contains(live, "permission.withdrawn.v1"); half == touch {
				t.Errorf("what of it can be folded is folded, and nothing else:\n%s", live)
			}
			if again := refilled(t, l, d); again != live {
				t.Errorf("refilled:\n%s\nlive:\n%s", again, live)
			}
			x.stop(t)
			x = start(t, l, []runner.Declaration{brittle(2, touch)}) // a new version of it: refilled by itself
			x.wait(t, "brittle", l.Head().Position)
			if again := rendered(t, d, x.documents(t, "brittle")); again != live {
				t.Errorf("of a new version:\n%s\nlive:\n%s", again, live)
			}
		})
	}
}

// A program that was mended folds what was skipped before.
func TestASkipHidesNothingFromAMendedProgram(t *testing.T) {
	l := projectiontest.New(t)
	event := withdrawn(l)
	skipped(l, "fragile", event)
	mended, tried := true, 0
	d := fragile(&mended, &tried)
	if all := refilled(t, l, d); !strings.Contains(all, event.String()) {
		t.Errorf("it is missing:\n%s", all)
	}
	mended = false
	if all := refilled(t, l, d); strings.Contains(all, event.String()) || tried == 0 {
		t.Errorf("tried %d times:\n%s", tried, all)
	}
}

// A view that cannot even be filled goes on by a skip, too; and what a newer program wrote among the operators' acts is
// in the way of no skip after it.
func TestASkipLetsAFillingGoOn(t *testing.T) {
	l := projectiontest.New(t)
	event := withdrawn(l)
	x := start(t, l, []runner.Declaration{brittle(1, false)})
	await.Until(t, "it stops", func() bool { return len(x.StoppedAt("brittle")) == 1 })
	if s := x.status(t, "brittle"); s.State != consumers.Stopped || !strings.Contains(s.Reason, "cannot be filled") ||
		!strings.Contains(s.Reason, event.String()) {
		t.Errorf("%+v", s)
	}
	skipped(l, "brittle", event)
	x.goesOn(t, l, "brittle")

	if _, err := l.Store.Append(t.Context(), domain.OperationsStream, 0, eventstore.Event{ID: uuid.New(), Type: "operation.newer.v1", Data: []byte(`{}`),
		Metadata: []byte(`{"format":1,"at":"2026-03-01T10:00:00Z","actor":{"kind":"system"},"channel":"process"}`)}); err != nil {
		t.Fatal(err)
	}
	skips := consumers.NewSkips(l.Journal)
	for range 2 {
		if ok, err := skips.Has(t.Context(), "brittle", event); err != nil || !ok {
			t.Fatal(ok, err)
		}
	}
	if all, err := skips.All(t.Context()); err != nil || len(all) != 1 || all[0].Event.(domain.EventSkipped).UID != 1000 {
		t.Errorf("%v %v", all, err)
	}
}

// Where the work on a view is shared, each process goes on by itself, and what comes out is what one alone makes.
func TestASkipReachesEveryProcess(t *testing.T) {
	l := projectiontest.New(t)
	server := local.New()
	d := brittle(1, false)
	a := share(t, l, l.Engine, server, "a", 4, true, []runner.Declaration{d})
	b := share(t, l, l.Engine, server, "b", 4, true, []runner.Declaration{d})
	l.Notices("health")
	a.reach(t, l, "brittle")
	event := withdrawn(l)
	await.Until(t, "one of them stops", func() bool { return len(a.StoppedAt("brittle"))+len(b.StoppedAt("brittle")) == 1 })
	skipped(l, "brittle", event)
	a.reach(t, l, "brittle")
	if live, again := rendered(t, d, a.documents(t, "brittle")), refilled(t, l, d); live != again {
		t.Errorf("shared:\n%s\nalone:\n%s", live, again)
	}
}

func TestTrials(t *testing.T) {
	l := projectiontest.New(t)
	event := withdrawn(l)
	d, whole := brittle(1, false), other(1)
	try := func(d *runner.Declaration, event domain.EventID) error {
		ctx, cancel := context.WithTimeout(t.Context(), await.Patience)
		defer cancel()
		return runner.Trial(ctx, l.Journal, d, event, func(done, total int64) {
			if done > total {
				t.Errorf("%d of %d", done, total)
			}
		})
	}
	var fault *consumers.EventError
	if err := try(&d, event); !errors.As(err, &fault) || fault.Event != event || !strings.Contains(fault.Where, "permission.withdrawn.v1") {
		t.Error(err)
	}
	if err := try(&whole, event); err != nil {
		t.Error(err)
	}
	first, err := l.Journal.ReadAll(t.Context(), journal.Checkpoint{}, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := try(&d, first.Records[0].ID); err != nil {
		t.Error(err)
	}
	if err := try(&d, domain.EventID{UUID: uuid.New()}); !errors.Is(err, runner.ErrNoEvent) {
		t.Error(err)
	}
	skipped(l, "brittle", event)
	fault = nil
	if err := try(&d, event); !errors.As(err, &fault) || fault.Event != event { // whether or not it was skipped
		t.Error(err)
	}
	panics := brittle(1, true)
	if err := try(&panics, event); !errors.As(err, &fault) || fault.Event != event {
		t.Error(err)
	}
	last := l.Append(domain.OperationsStream+"-x", domain.OperationPerformed{Operation: domain.OpKeysList}).Facts[0].ID
	if err := try(&panics, last); err != nil { // what was skipped before it is not in its way
		t.Error(err)
	}
}
