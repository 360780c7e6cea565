package replay_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"accountledger/consumers"
	"accountledger/domain"
	"accountledger/internal/await"
	"accountledger/leases"
	"accountledger/leases/local"
	"accountledger/projections"
	"accountledger/projections/projectiontest"
	"accountledger/projections/runner"
	"accountledger/projections/view"
	"accountledger/replay"
)

// worker is one of several processes that work on the same views.
func worker(t *testing.T, l *projectiontest.Ledger, server leases.Server) *runner.Views {
	t.Helper()
	keeper := leases.New(server, leases.Options{TTL: 600 * time.Millisecond})
	views, err := runner.OpenViewsWith(t.Context(), runner.ViewsOptions{Engine: l.Engine, Journal: l.Journal, Log: l.Logger, Declarations: projections.All(),
		Partitions: 2, Leases: keeper, Follow: 20 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	r, err := consumers.New(consumers.Options{Journal: l.Journal, Log: l.Logger, Now: l.Now, Pause: time.Millisecond, Leases: keeper}, views.Consumers()...)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- r.Run(context.WithoutCancel(t.Context())) }()
	t.Cleanup(func() {
		if err := errors.Join(r.Close(), <-ended, views.Close(), keeper.Close()); err != nil {
			t.Error(err)
		}
	})
	return views
}

// While events arrive, views are rebuilt under the processes that work on them, and nothing is lost: each continues with the
// new generation from its checkpoint, and the old one is dropped.
func TestARebuildUnderSeveralProcesses(t *testing.T) {
	l := projectiontest.New(t)
	server := local.New()
	all := []*runner.Views{worker(t, l, server), worker(t, l, server)}
	keeper := leases.New(server, leases.Options{})
	t.Cleanup(func() {
		if err := keeper.Close(); err != nil {
			t.Error(err)
		}
	})
	reach := func(views *runner.Views) (generation view.GenerationID) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), await.Patience)
		defer cancel()
		_, id, err := views.QueryAt(ctx, "activity", view.Query{}, l.Head().Position)
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	l.SignUp("DE", "anna@example.org", nil)
	before := reach(all[0])
	deps := replay.Deps{Journal: l.Journal, Engine: l.Engine, Views: projections.All(), Partitions: 2, Leases: keeper}

	held, err := keeper.Wait(t.Context(), runner.FillLease("activity"))
	if err != nil {
		t.Fatal(err)
	}
	if err := replay.Rebuild(t.Context(), deps, []string{"activity"}, nil); !errors.Is(err, replay.ErrFilling) {
		t.Errorf("error %v, while another process fills it", err)
	}
	if err := held.Release(t.Context()); err != nil {
		t.Fatal(err)
	}

	enough, written := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(written)
		for {
			select {
			case <-enough:
				return
			default:
				l.Append(domain.OperationsStream, domain.OperationPerformed{Operation: domain.OpKeysList})
			}
		}
	}()
	err = replay.Rebuild(t.Context(), deps, []string{"activity", "daily"}, nil)
	close(enough)
	<-written
	if err != nil {
		t.Fatal(err)
	}
	for _, views := range all {
		until(t, "the new generation is used", func() bool { return reach(views).Number > before.Number })
		var docs []string
		schema, _ := views.Schema("activity")
		if err := views.Use("activity", func(g view.Generation) error {
			docs = strings.Split(string(projectiontest.Render(t, schema, projectiontest.Documents(t, g))), "\n")
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if got := len(docs) - 1; got != int(l.Head().Position.Int64()) { // the last line is empty
			t.Errorf("%d documents of %d events", got, l.Head().Position.Int64())
		}
	}
	until(t, "the old generation is dropped", func() bool {
		left, err := l.Engine.Generations(t.Context(), "activity")
		return err == nil && len(left) == 1
	})
}

func until(t *testing.T, what string, done func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(30 * time.Second); !done(); <-tick.C {
		if time.Now().After(end) {
			t.Fatalf("not in time: %s", what)
		}
	}
}
