package runner_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"accountledger/consumers"
	"accountledger/internal/await"
	"accountledger/leases/local"
	"accountledger/projections/projectiontest"
	"accountledger/projections/runner"
	"accountledger/projections/view"
)

func newLog(to io.Writer) *slog.Logger {
	return slog.New(slog.NewJSONHandler(to, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// away is an engine that can be out of reach.
type away struct {
	view.Engine
	down atomic.Bool
}

func (e *away) Live(ctx context.Context, name string) (view.GenerationID, error) {
	if e.down.Load() {
		return view.GenerationID{}, view.ErrUnavailable
	}
	return e.Engine.Live(ctx, name)
}

func (e *away) Generations(ctx context.Context, name string) ([]view.GenerationID, error) {
	if e.down.Load() {
		return nil, view.ErrUnavailable
	}
	return e.Engine.Generations(ctx, name)
}

func (e *away) Open(ctx context.Context, schema view.Schema, number int) (view.Generation, error) {
	if e.down.Load() {
		return nil, view.ErrUnavailable
	}
	return e.Engine.Open(ctx, schema, number)
}

// An engine that is out of reach at the start keeps nobody from starting, and its views are opened later by themselves.
func TestAnEngineThatIsAwayAtTheStart(t *testing.T) {
	for name, filled := range map[string]bool{"new": false, "filled before": true} {
		t.Run(name, func(t *testing.T) {
			l := projectiontest.New(t)
			l.Notices("location")
			if filled {
				x := start(t, l, []runner.Declaration{other(1)})
				x.wait(t, "other", l.Head().Position)
				x.stop(t)
			}
			e := &away{Engine: l.Engine}
			e.down.Store(true)
			log := &buffer{}
			views, err := runner.OpenViews(t.Context(), e, l.Journal, newLog(log), []runner.Declaration{other(1)})
			if err != nil {
				t.Fatal(err)
			}
			x := &line{ended: make(chan error, 1), log: log, views: views}
			x.Runner, err = consumers.New(consumers.Options{Journal: l.Journal, Log: newLog(log), Now: l.Now, Pause: time.Millisecond}, views.Consumers()...)
			if err != nil {
				t.Fatal(err)
			}
			go func() { x.ended <- x.Run(context.WithoutCancel(t.Context())) }()
			t.Cleanup(func() { x.stop(t) })
			await.Until(t, "it says that it waits", func() bool {
				s := x.status(t, "other")
				return s.State == consumers.Waiting && strings.Contains(s.Reason, "does not answer")
			})
			if _, _, err := views.Query(t.Context(), "other", view.Query{}); !errors.Is(err, view.ErrUnavailable) {
				t.Error(err)
			}
			l.Notices("contacts")
			e.down.Store(false)
			x.wait(t, "other", l.Head().Position)
			if n := len(x.documents(t, "other")); n != int(l.Head().Position.Int64()) {
				t.Errorf("%d documents", n)
			}
		})
	}
}

// A process that only asks opens the views by itself, too.
func TestWhoOnlyAsksFindsTheEngineLater(t *testing.T) {
	l := projectiontest.New(t)
	l.Notices("location")
	e := &away{Engine: l.Engine}
	e.down.Store(true)
	server := local.New()
	asks := share(t, l, e, server, "asks", 2, false, []runner.Declaration{other(1)})
	works := share(t, l, l.Engine, server, "works", 2, true, []runner.Declaration{other(1)})
	works.reach(t, l, "other")
	if _, _, err := asks.views.Query(t.Context(), "other", view.Query{}); !errors.Is(err, view.ErrUnavailable) {
		t.Error(err)
	}
	status, err := asks.views.Status(t.Context(), l.Now())
	if err != nil || len(status) != 2 || status[0].State != consumers.Waiting || !strings.Contains(status[0].Reason, "does not answer") {
		t.Errorf("%+v %v", status, err)
	}
	e.down.Store(false)
	asks.reach(t, l, "other")
}
