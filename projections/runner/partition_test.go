package runner_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"accountledger/consumers"
	"accountledger/journal"
	"accountledger/leases"
	"accountledger/projections"
	"accountledger/projections/projectiontest"
	"accountledger/projections/runner"
	"accountledger/projections/view"
)

// cut is a server of leases that a process can be cut off from.
type cut struct {
	leases.Server
	off atomic.Bool
}

func (c *cut) Renew(ctx context.Context, who leases.Process, ttl time.Duration, held []leases.Ref) ([]leases.Ref, error) {
	if c.off.Load() {
		return nil, leases.ErrUnavailable
	}
	return c.Server.Renew(ctx, who, ttl, held)
}

func (c *cut) Look(ctx context.Context) (leases.Table, error) {
	if c.off.Load() {
		return leases.Table{}, leases.ErrUnavailable
	}
	return c.Server.Look(ctx)
}

func TestWhoFoldsADocumentStaysAsItIs(t *testing.T) {
	for id, want := range map[string]int{"": 5, "a": 12, "account-1": 6, "0b51a5ad-93f5-4f0c-9c2b-0a3f0d4bd0a6": 13} {
		if got := consumers.PartitionOf(id, 16); got != want {
			t.Errorf("%q is in %d, was in %d", id, got, want)
		}
	}
	if consumers.PartitionOf("a", 1) != 0 || consumers.PartitionOf("a", 0) != 0 {
		t.Error("one partition is the first")
	}
}

// parted starts one process whose views have partitions and that has the engine alone.
func parted(t *testing.T, l *projectiontest.Ledger, partitions int, declarations []runner.Declaration) *line {
	t.Helper()
	x := &line{ended: make(chan error, 1), log: &buffer{}}
	log := newLog(x.log)
	var err error
	x.views, err = runner.OpenViewsWith(t.Context(),
		runner.ViewsOptions{Engine: l.Engine, Journal: l.Journal, Log: log, Declarations: declarations, Partitions: partitions})
	if err != nil {
		t.Fatal(err)
	}
	if x.Runner, err = consumers.New(consumers.Options{Journal: l.Journal, Log: log, Now: l.Now, Pause: time.Millisecond}, x.views.Consumers()...); err != nil {
		t.Fatal(err)
	}
	go func() { x.ended <- x.Run(context.WithoutCancel(t.Context())) }()
	t.Cleanup(func() { x.stop(t) })
	return x
}

func TestPartitionsFoldTheirOwnDocuments(t *testing.T) {
	l := projectiontest.New(t)
	people(l, "anna", "bela")
	for round, partitions := range []int{3, 3, 1, 4} {
		x := parted(t, l, partitions, projections.All())
		people(l, fmt.Sprintf("cleo%d", round), fmt.Sprintf("dora%d", round))
		for _, d := range projections.All() {
			x.wait(t, d.Name, l.Head().Position)
			if got := string(projectiontest.Render(t, &d.Schema, x.documents(t, d.Name))); got != expected(t, l, d.Name) {
				t.Errorf("%d partitions, view %s:\n%s\nwant:\n%s", partitions, d.Name, got, expected(t, l, d.Name))
			}
			if partitions > 1 {
				x.wait(t, d.Name+"/0", l.Head().Position)
			}
		}
		filled := strings.Contains(x.log.String(), `"view is filled"`)
		if goesOn := round == 1; filled == goesOn {
			t.Errorf("round %d: filled %v", round, filled)
		}
		x.stop(t)
	}
}

// A generation that takes the live one's place while nothing happens is read on from its own checkpoint.
func TestAQuietViewIsReadAnew(t *testing.T) {
	l := projectiontest.New(t)
	people(l, "anna")
	x := parted(t, l, 2, []runner.Declaration{other(1)})
	x.wait(t, "other", l.Head().Position)
	release, err := x.Hold(t.Context(), "other")
	if err != nil {
		t.Fatal(err)
	}
	if s := x.status(t, "other/1"); s.State != consumers.Rebuilding {
		t.Errorf("%+v", s)
	}
	release()
	people(l, "bela")
	x.wait(t, "other", l.Head().Position)
}

// recorded is an engine that remembers every document it was given.
type recorded struct {
	view.Engine
	mu   sync.Mutex
	seen map[string]*view.Document
	bad  []string
}

type recordedGeneration struct {
	view.Generation
	engine *recorded
}

func (e *recorded) Open(ctx context.Context, schema view.Schema, number int) (view.Generation, error) {
	g, err := e.Engine.Open(ctx, schema, number)
	if err != nil {
		return nil, err
	}
	return &recordedGeneration{g, e}, nil
}

func (g *recordedGeneration) Write(ctx context.Context, b view.Batch) error {
	g.engine.mu.Lock()
	for _, d := range b.Documents {
		key := fmt.Sprintf("%s %s %d", g.ID().View, d.ID, d.Position)
		if before := g.engine.seen[key]; before != nil && !before.Equal(d) {
			g.engine.bad = append(g.engine.bad, key)
		}
		g.engine.seen[key] = d.Clone()
	}
	g.engine.mu.Unlock()
	return g.Generation.Write(ctx, b)
}

// Two processes that both believe to have the work, in steps of any size and order: a document is never written with two
// contents at one version, and from whatever checkpoint is stored in the end nothing is lost.
func TestLateWritersAreHarmless(t *testing.T) {
	for _, partitions := range []int{1, 2} {
		t.Run(fmt.Sprintf("%d partitions", partitions), func(t *testing.T) { lateWriters(t, partitions) })
	}
}

// writer is a process that believes to have the work, with the place that each of its consumers stands at.
type writer struct {
	views *runner.Views
	units []consumers.Consumer
	at    []journal.Checkpoint
}

func lateWriters(t *testing.T, partitions int) {
	l := projectiontest.New(t)
	e := &recorded{Engine: l.Engine, seen: map[string]*view.Document{}}
	var declarations []runner.Declaration
	for _, d := range projections.All() {
		if d.Name == "accounts" || d.Name == "daily" || d.Name == "permissions" {
			declarations = append(declarations, d)
		}
	}
	ctx := context.WithoutCancel(t.Context())
	ok := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	var writers [2]writer
	for i := range writers {
		w := &writers[i]
		var err error
		w.views, err = runner.OpenViewsWith(ctx,
			runner.ViewsOptions{Engine: e, Journal: l.Journal, Log: l.Logger, Declarations: declarations, Partitions: partitions})
		ok(err)
		t.Cleanup(func() { ok(w.views.Close()) })
		w.units = w.views.Consumers()
		for _, u := range w.units {
			at, err := u.Checkpoint(ctx)
			ok(err)
			w.at = append(w.at, at)
		}
	}
	h := projectiontest.NewHistory(l)
	rapid.Check(t, func(r *rapid.T) {
		for range rapid.IntRange(1, 5).Draw(r, "steps") {
			h.Step(r)
		}
		for range rapid.IntRange(1, 6).Draw(r, "turns") {
			w := &writers[rapid.IntRange(0, 1).Draw(r, "writer")]
			for i, u := range w.units {
				if rapid.IntRange(0, 7).Draw(r, "begin again") == 0 {
					var err error
					w.at[i], err = u.Checkpoint(ctx)
					ok(err)
				}
				page, err := l.Journal.ReadAll(ctx, w.at[i], rapid.IntRange(1, 12).Draw(r, "size"))
				ok(err)
				if len(page.Records) > 0 {
					ok(u.Handle(ctx, page))
					w.at[i] = page.Checkpoint
				}
			}
		}
		if len(e.bad) > 0 {
			r.Fatalf("written with two contents: %v", e.bad)
		}
		if rapid.IntRange(0, 9).Draw(r, "look") != 0 {
			return
		}
		w := &writers[rapid.IntRange(0, 1).Draw(r, "successor")]
		for i, u := range w.units {
			at, err := u.Checkpoint(ctx)
			ok(err)
			page, err := l.Journal.ReadAll(ctx, at, 10_000)
			ok(err)
			ok(u.Handle(ctx, page))
			w.at[i] = page.Checkpoint
		}
		for i := range declarations {
			d := &declarations[i]
			ok(w.views.Use(d.Name, func(g view.Generation) error {
				if got, want := string(projectiontest.Render(t, &d.Schema, projectiontest.Documents(t, g))), expected(t, l, d.Name); got != want {
					r.Fatalf("view %s:\n%s\nwant:\n%s", d.Name, got, want)
				}
				return nil
			}))
		}
	})
}
