package replay_test

import (
	"context"
	"errors"
	"os"
	"slices"
	"sync/atomic"
	"testing"

	"accountledger/consumers"
	"accountledger/domain"
	"accountledger/eventstore"
	"accountledger/journal"
	"accountledger/projections"
	"accountledger/projections/projectiontest"
	"accountledger/projections/runner"
	"accountledger/projections/sqlite"
	"accountledger/projections/view"
	"accountledger/replay"
)

// counted is a log that counts the events that are read from it from the beginning to the end.
type counted struct {
	eventstore.Store
	events atomic.Int64
}

func (c *counted) ReadAll(ctx context.Context, after eventstore.Position, limit int) (eventstore.Page, error) {
	p, err := c.Store.ReadAll(ctx, after, limit)
	c.events.Add(int64(len(p.Events)))
	return p, err
}

// counting returns deps whose reads of the log are counted.
func (x *line) counting(t *testing.T) (replay.Deps, *counted) {
	t.Helper()
	registry, err := journal.NewRegistry(journal.Types(), journal.Upcasters(), journal.PartUpcasters())
	if err != nil {
		t.Fatal(err)
	}
	c := &counted{Store: x.Store}
	deps := x.deps()
	deps.Journal, deps.Claim = journal.New(c, registry, nil), x.views.Claim
	return deps, c
}

// acts adds a number of events as operators' acts.
func acts(l *projectiontest.Ledger, n int) {
	l.Helper()
	events := make([]any, 500)
	for i := range events {
		events[i] = domain.OperationPerformed{Operation: domain.OpKeysList}
	}
	for ; n > 0; n -= len(events) {
		l.Append(domain.OperationsStream, events[:min(n, len(events))]...)
	}
}

// at returns the views, one of which does something, once, when it reaches a position of the log.
func at(all []runner.Declaration, name string, position int64, do func()) []runner.Declaration {
	for i := range all {
		if d := &all[i]; d.Name == name {
			touches, done := d.Touches, position == 0
			d.Touches = func(r journal.Record) []string {
				if r.Position.Int64() >= position && !done {
					done = true
					do()
				}
				return touches(r)
			}
		}
	}
	return all
}

func (x *line) generations(t *testing.T, name string) (numbers []int) {
	t.Helper()
	all, err := x.Engine.Generations(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range all {
		numbers = append(numbers, id.Number)
	}
	return numbers
}

// resumed records where views resume.
func resumed(into map[string]runner.Reached) func(string, runner.Reached) {
	return func(view string, at runner.Reached) { into[view] = at }
}

// TestARebuildThatWasCutOffGoesOn interrupts rebuilds in every way: the result is that of an uninterrupted rebuild, and what was
// folded is not read again.
func TestARebuildThatWasCutOffGoesOn(t *testing.T) {
	l := projectiontest.New(t)
	for _, name := range []string{"anna", "bela"} {
		p := l.SignUp("DE", name+"@example.org", map[domain.Permission]*domain.Notices{"location": l.Notices("location")})
		p.Set("location", "weather", true)
	}
	acts(l, 6500)
	x := start(t, l, projections.All())
	before := x.documents(t)
	id := x.live(t, "activity")
	head := l.Head().Position.Int64()

	cut := func(t *testing.T, deps replay.Deps, want int64) {
		t.Helper()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		deps.Views = at(projections.All(), "activity", want+100, cancel)
		if err := replay.Rebuild(ctx, deps, []string{"activity"}, nil); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		if x.live(t, "activity") != id || len(x.generations(t, "activity")) != 2 {
			t.Fatalf("live is %v of %v", x.live(t, "activity"), x.generations(t, "activity"))
		}
		left, err := x.views.Left(t.Context())
		if err != nil || len(left) != 1 || left[0].View != "activity" || left[0].Underway || left[0].Done < want || left[0].Done >= head ||
			left[0].Total != l.Head().Position.Int64() {
			t.Fatalf("%+v %v", left, err)
		}
	}
	same := func(t *testing.T, after map[string][]string) {
		t.Helper()
		for _, name := range []string{"activity", "accounts"} {
			if !slices.Equal(before[name], after[name]) {
				t.Errorf("view %s is another: %d and %d lines", name, len(before[name]), len(after[name]))
			}
		}
	}

	t.Run("cancelled", func(t *testing.T) {
		deps, c := x.counting(t)
		cut(t, deps, 2048)
		same(t, x.documents(t))
		cut(t, deps, 4096) // and again, further on
		same(t, x.documents(t))
		c.events.Store(0)
		on := map[string]runner.Reached{}
		deps.Resumed = resumed(on)
		if err := replay.Rebuild(t.Context(), deps, []string{"activity"}, nil); err != nil {
			t.Fatal(err)
		}
		if at := on["activity"]; at.Done < 4096 || at.Total != head || at.Unit != "events" || c.events.Load() != head-at.Done {
			t.Errorf("went on at %+v of %d, and read %d events", at, head, c.events.Load())
		}
		same(t, x.documents(t))
		if x.live(t, "activity") == id || len(x.generations(t, "activity")) != 1 {
			t.Errorf("live is %v of %v", x.live(t, "activity"), x.generations(t, "activity"))
		}
		id = x.live(t, "activity")
	})

	t.Run("started over", func(t *testing.T) {
		deps, c := x.counting(t)
		cut(t, deps, 2048)
		c.events.Store(0)
		deps.Restart = true
		deps.Resumed = func(view string, _ runner.Reached) { t.Errorf("view %s goes on", view) }
		if err := replay.Rebuild(t.Context(), deps, []string{"activity"}, nil); err != nil {
			t.Fatal(err)
		}
		if c.events.Load() != head || len(x.generations(t, "activity")) != 1 {
			t.Errorf("read %d of %d events; %v", c.events.Load(), head, x.generations(t, "activity"))
		}
		same(t, x.documents(t))
		id = x.live(t, "activity")
	})

	t.Run("killed while it folds", func(t *testing.T) {
		deps, _ := x.counting(t)
		cut(t, deps, 2048)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		dir := t.TempDir()
		deps.Views = at(projections.All(), "activity", 5000, func() {
			image(t, l.Views, dir)
			cancel()
		})
		if err := replay.Rebuild(ctx, deps, []string{"activity"}, nil); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		same(t, x.afterwards(t, dir, 2048))
	})

	t.Run("killed before the swap", func(t *testing.T) {
		deps, _ := x.counting(t)
		dir := t.TempDir()
		deps.Hold = func(ctx context.Context, name string) (func(), error) {
			image(t, l.Views, dir)
			return x.runner.Hold(ctx, name)
		}
		if err := replay.Rebuild(t.Context(), deps, []string{"activity"}, nil); err != nil { // with what the one before left
			t.Fatal(err)
		}
		same(t, x.afterwards(t, dir, head))
		id = x.live(t, "activity")
	})

	t.Run("together with another", func(t *testing.T) {
		deps, _ := x.counting(t)
		cut(t, deps, 2048)
		p := l.SignUp("DE", "cleo@example.org", nil)
		p.Link("phone", "a model", "a name")
		before = x.documents(t)
		if err := replay.Rebuild(t.Context(), deps, []string{"accounts", "activity"}, nil); err != nil {
			t.Fatal(err)
		}
		same(t, x.documents(t))
	})
}

// image copies a folder as a process killed at this moment leaves it.
func image(t *testing.T, from, to string) {
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Error(err)
	}
}

// afterwards starts again on what a killed process left, resumes its rebuild, and returns the documents.
func (x *line) afterwards(t *testing.T, dir string, least int64) map[string][]string {
	t.Helper()
	engine, err := sqlite.New(dir)
	if err != nil {
		t.Fatal(err)
	}
	l := &projectiontest.Ledger{TB: t, Store: x.Store, Journal: x.Journal, Engine: engine, Logger: x.Logger, Views: dir}
	t.Cleanup(func() {
		if err := engine.Close(); err != nil {
			t.Error(err)
		}
	})
	y := start(t, l, projections.All())
	deps, c := y.counting(t)
	on := map[string]runner.Reached{}
	deps.Resumed = resumed(on)
	if err := replay.Rebuild(t.Context(), deps, []string{"activity"}, nil); err != nil {
		t.Fatal(err)
	}
	if at := on["activity"]; at.Done < least || c.events.Load() != at.Total-at.Done {
		t.Errorf("went on at %+v, and read %d events", at, c.events.Load())
	}
	return y.documents(t)
}

// What was folded by a wrong rule is not resumed.
func TestARebuildThatFailsIsDropped(t *testing.T) {
	x := start(t, projectiontest.New(t), projections.All())
	acts(x.Ledger, 5000)
	x.SignUp("DE", "anna@example.org", nil)
	x.documents(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	deps, _ := x.counting(t)
	deps.Views = at(projections.All(), "accounts", 2100, cancel)
	if err := replay.Rebuild(ctx, deps, []string{"accounts"}, nil); !errors.Is(err, context.Canceled) || len(x.generations(t, "accounts")) != 2 {
		t.Fatal(err, x.generations(t, "accounts"))
	}
	deps.Views = projections.All()
	for i := range deps.Views {
		deps.Views[i].Reduce = func(*view.Document, journal.Record) error { return errors.New("a rule that is wrong") }
	}
	var fault *consumers.EventError
	if err := replay.Rebuild(t.Context(), deps, []string{"accounts"}, nil); !errors.As(err, &fault) {
		t.Fatal(err)
	}
	if all := x.generations(t, "accounts"); len(all) != 1 {
		t.Errorf("generations %v are left", all)
	}
}

// picky is a view that fails on an operator's look at the mailbox, until it is fixed.
func picky(mended bool) runner.Declaration {
	var f view.Fields
	typ := f.Keyword("type")
	return runner.Declaration{
		Schema:  view.Schema{Name: "picky", Version: 1, Fields: f},
		Touches: func(r journal.Record) []string { return []string{r.ID.String()} },
		Reduce: func(d *view.Document, r journal.Record) error {
			if e, ok := r.Event.(domain.OperationPerformed); ok && e.Operation == domain.OpMailbox && !mended {
				return errors.New("a rule that is wrong")
			}
			typ.Set(d, r.Type)
			return nil
		},
	}
}

// A rebuild interrupted before an event that is then skipped goes past it; one interrupted after it starts over, since a
// program fixed in the meantime folds it.
func TestASkipBetweenTheHalvesOfARebuild(t *testing.T) {
	l := projectiontest.New(t)
	acts(l, 2500)
	rebuild := func(mended bool, cut int64) (begun runner.Reached) {
		t.Helper()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		deps := replay.Deps{Journal: l.Journal, Engine: l.Engine, Views: at([]runner.Declaration{picky(mended)}, "picky", cut, cancel),
			Resumed: func(_ string, on runner.Reached) { begun = on }}
		if err := replay.Rebuild(ctx, deps, nil, nil); cut > 0 != errors.Is(err, context.Canceled) || cut == 0 && err != nil {
			t.Fatal(err)
		}
		return begun
	}
	documents := func() (n int64) {
		t.Helper()
		id, err := l.Engine.Live(t.Context(), "picky")
		if err != nil {
			t.Fatal(err)
		}
		g, err := l.Engine.Open(t.Context(), picky(false).Schema, id.Number)
		if err != nil {
			t.Fatal(err)
		}
		n, err = g.Count(t.Context())
		if err := errors.Join(err, g.Close()); err != nil {
			t.Fatal(err)
		}
		return n
	}
	rebuild(false, 2100)
	event := l.Append(domain.OperationsStream, domain.OperationPerformed{Operation: domain.OpMailbox}).Facts[0].ID
	acts(l, 2500)
	l.Append(domain.OperationsStream, domain.EventSkipped{View: "picky", Event: event, UID: 1000,
		Reason: domain.Personal(domain.OperatorReason{Text: "it cannot be digested"}, domain.LedgerKey())})
	head := l.Head().Position.Int64()
	if at := rebuild(false, 0); at.Done < 2048 || documents() != head-1 {
		t.Errorf("it went on at %+v; %d documents of %d events", at, documents(), head)
	}
	if at := rebuild(false, 4200); at.Done != 0 {
		t.Errorf("it went on at %+v, and nothing was left", at)
	}
	if at := rebuild(true, 0); at.Done != 0 || documents() != head {
		t.Errorf("it went on at %+v; %d documents of %d events", at, documents(), head)
	}
}
