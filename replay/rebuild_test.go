package replay_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"accountledger/consumers"
	"accountledger/domain"
	"accountledger/eventstore"
	"accountledger/internal/await"
	"accountledger/journal"
	"accountledger/projections"
	"accountledger/projections/projectiontest"
	"accountledger/projections/runner"
	"accountledger/projections/view"
	"accountledger/replay"
)

// line is a ledger with its views running.
type line struct {
	*projectiontest.Ledger
	runner *consumers.Runner
	views  *runner.Views
	all    []runner.Declaration
	ended  chan error
}

func start(t *testing.T, l *projectiontest.Ledger, all []runner.Declaration) *line {
	t.Helper()
	x := &line{Ledger: l, all: all, ended: make(chan error, 1)}
	var err error
	if x.views, err = runner.OpenViews(t.Context(), l.Engine, l.Journal, l.Logger, all); err != nil {
		t.Fatal(err)
	}
	if x.runner, err = consumers.New(consumers.Options{Journal: l.Journal, Log: l.Logger, Now: l.Now, Pause: time.Millisecond},
		x.views.Consumers()...); err != nil {
		t.Fatal(err)
	}
	go func() { x.ended <- x.runner.Run(context.WithoutCancel(t.Context())) }()
	t.Cleanup(func() {
		if err := errors.Join(x.runner.Close(), <-x.ended, x.views.Close()); err != nil {
			t.Error(err)
		}
	})
	return x
}

func (x *line) deps() replay.Deps {
	return replay.Deps{Journal: x.Journal, Engine: x.Engine, Views: x.all, Hold: x.runner.Hold}
}

// documents returns what each view holds once it has seen everything.
func (x *line) documents(t interface {
	Helper()
	Fatal(...any)
}) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	ctx, cancel := context.WithTimeout(x.Context(), await.Patience)
	defer cancel()
	for i := range x.all {
		d := &x.all[i]
		if err := x.runner.WaitFor(ctx, d.Name, x.Head().Position); err != nil {
			t.Fatal(err)
		}
		err := x.views.Use(d.Name, func(g view.Generation) error {
			out[d.Name] = strings.Split(string(projectiontest.Render(x, &d.Schema, projectiontest.Documents(x, g))), "\n")
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func (x *line) live(t *testing.T, name string) view.GenerationID {
	t.Helper()
	id, err := x.Engine.Live(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestARebuiltViewEqualsTheLiveOne(t *testing.T) {
	x := start(t, projectiontest.New(t), projections.All())
	h := projectiontest.NewHistory(x.Ledger)
	rapid.Check(t, func(t *rapid.T) {
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			h.Step(t)
		}
		before := x.documents(t)
		told := map[string][2]int64{}
		err := replay.Rebuild(x.Context(), x.deps(), nil, func(name string, done, total int64) { told[name] = [2]int64{done, total} })
		if err != nil {
			t.Fatal(err)
		}
		after := x.documents(t)
		for name, docs := range before {
			if !slices.Equal(docs, after[name]) {
				t.Fatalf("view %s: rebuilt otherwise:\n%s\n\n%s", name, strings.Join(docs, "\n"), strings.Join(after[name], "\n"))
			}
			if told[name][0] != told[name][1] {
				t.Fatalf("view %s: %v told at the end", name, told[name])
			}
			if all, err := x.Engine.Generations(x.Context(), name); err != nil || len(all) != 1 {
				t.Fatalf("view %s: %v %v", name, all, err)
			}
		}
	})
}

func TestACancelledRebuildLeavesTheLiveView(t *testing.T) {
	x := start(t, projectiontest.New(t), projections.All())
	x.SignUp("DE", "anna@example.org", nil)
	before := x.documents(t)
	id := x.live(t, "accounts")
	ctx, cancel := context.WithCancel(t.Context())
	deps := x.deps()
	deps.Hold = func(ctx context.Context, name string) (func(), error) {
		cancel() // at the last moment before the swap
		return x.runner.Hold(context.WithoutCancel(ctx), name)
	}
	if err := replay.Rebuild(ctx, deps, []string{"accounts"}, nil); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if x.live(t, "accounts") != id {
		t.Error("another generation is live")
	}
	if all, err := x.Engine.Generations(t.Context(), "accounts"); err != nil || len(all) != 2 { // what was folded is kept
		t.Errorf("%v %v", all, err)
	}
	x.SignUp("DE", "bela@example.org", nil)
	if after := x.documents(t); len(after["accounts"]) != len(before["accounts"])+1 {
		t.Error("the live view does not go on")
	}
}

func TestAViewThatFailsStaysAsItIs(t *testing.T) {
	x := start(t, projectiontest.New(t), projections.All())
	x.SignUp("DE", "anna@example.org", nil)
	x.documents(t)
	accounts, daily := x.live(t, "accounts"), x.live(t, "daily")
	deps := x.deps()
	deps.Views = projections.All()
	for i := range deps.Views {
		if deps.Views[i].Name == "accounts" {
			deps.Views[i].Reduce = func(*view.Document, journal.Record) error { return errors.New("a rule that is wrong") }
		}
	}
	err := replay.Rebuild(t.Context(), deps, []string{"accounts", "daily"}, nil)
	var fault *consumers.EventError
	if !errors.As(err, &fault) || !strings.Contains(err.Error(), "accounts") || strings.Contains(err.Error(), "daily") {
		t.Fatal(err)
	}
	if x.live(t, "accounts") != accounts || x.live(t, "daily") == daily {
		t.Error("accounts must stay, daily must be rebuilt")
	}
}

func TestWhatCannotBeReadIsNotRebuilt(t *testing.T) {
	l := projectiontest.New(t)
	l.Notices("location")
	deps := replay.Deps{Journal: l.Journal, Engine: l.Engine, Views: projections.All()}
	if err := replay.Rebuild(t.Context(), deps, nil, nil); err != nil {
		t.Fatal(err)
	}
	id, err := l.Engine.Live(t.Context(), "activity")
	if err != nil {
		t.Fatal(err)
	}
	_, err = l.Store.Append(t.Context(), "future-1", eventstore.NoStream, eventstore.Event{ID: domain.Derive(l.Head().Event, "x"), Type: "future.happened.v1",
		Data: []byte("{}"), Metadata: []byte(`{"format":1,"at":"2026-03-01T10:00:00Z","actor":{"kind":"system"}}`)})
	if err != nil {
		t.Fatal(err)
	}
	var unreadable *runner.UnreadableError
	if err := replay.Rebuild(t.Context(), deps, []string{"activity"}, nil); !errors.As(err, &unreadable) {
		t.Error(err)
	}
	if now, err := l.Engine.Live(t.Context(), "activity"); err != nil || now != id {
		t.Errorf("%v %v", now, err)
	}
	if err := replay.Rebuild(t.Context(), deps, []string{"nothing"}, nil); !errors.Is(err, replay.ErrUnknownView) {
		t.Error(err)
	}
}

func TestARebuildGoesOnWhileEventsCome(t *testing.T) {
	x := start(t, projectiontest.New(t), projections.All())
	x.SignUp("DE", "anna@example.org", nil)
	x.documents(t)
	begun, enough := make(chan struct{}), make(chan struct{})
	written := make(chan int, 1)
	go func() {
		n := 0
		defer func() { written <- n }()
		for ; ; n++ {
			select {
			case <-enough:
				return
			default:
				x.Append(domain.OperationsStream, domain.OperationPerformed{Operation: domain.OpKeysList})
			}
			if n == 10 {
				close(begun)
			}
		}
	}()
	<-begun
	for range 3 {
		if err := replay.Rebuild(t.Context(), x.deps(), []string{"activity", "daily"}, nil); err != nil {
			t.Error(err)
		}
	}
	close(enough)
	n := <-written
	docs := x.documents(t)["activity"]
	if got := len(docs) - 1; got != int(x.Head().Position.Int64()) { // the last line is empty
		t.Errorf("%d documents of %d events, %d of them written meanwhile", got, x.Head().Position.Int64(), n)
	}
	status, err := x.runner.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range status {
		if s.State != consumers.Running || s.Lag != 0 {
			t.Errorf("%+v", s)
		}
	}
}
