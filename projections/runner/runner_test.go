package runner_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"accountledger/consumers"
	"accountledger/domain"
	"accountledger/eventstore"
	"accountledger/internal/await"
	"accountledger/journal"
	"accountledger/projections"
	"accountledger/projections/projectiontest"
	"accountledger/projections/runner"
	"accountledger/projections/view"
)

// patience bounds how long a test waits for what must happen; it is never waited out when all is well.
const patience = await.Patience

// line is a runner at work on a ledger.
type line struct {
	*consumers.Runner
	views *runner.Views
	ended chan error
	log   *buffer
}

// buffer is a log that can be read while it is written.
type buffer struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.all.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.all.String()
}

func start(t *testing.T, l *projectiontest.Ledger, declarations []runner.Declaration) *line {
	t.Helper()
	x := &line{ended: make(chan error, 1), log: &buffer{}}
	log := slog.New(slog.NewJSONHandler(x.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	var err error
	if x.views, err = runner.OpenViews(t.Context(), l.Engine, l.Journal, log, declarations); err != nil {
		t.Fatal(err)
	}
	x.Runner, err = consumers.New(consumers.Options{Journal: l.Journal, Log: log, Now: l.Now, Pause: time.Millisecond},
		x.views.Consumers()...)
	if err != nil {
		t.Fatal(err)
	}
	go func() { x.ended <- x.Run(context.WithoutCancel(t.Context())) }()
	t.Cleanup(func() { x.stop(t) })
	return x
}

func (x *line) stop(t *testing.T) {
	t.Helper()
	if x.views == nil {
		return
	}
	if err := errors.Join(x.Close(), <-x.ended, x.views.Close()); err != nil {
		t.Error(err)
	}
	x.views = nil
}

func (x *line) wait(t *testing.T, name string, at journal.Position) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := x.WaitFor(ctx, name, at); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, x.log)
	}
}

func (x *line) documents(t *testing.T, name string) (docs []*view.Document) {
	t.Helper()
	if err := x.views.Use(name, func(g view.Generation) error {
		docs = projectiontest.Documents(t, g)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return docs
}

func (x *line) status(t *testing.T, name string) consumers.Status {
	t.Helper()
	all, err := x.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		if s.Name == name {
			return s
		}
	}
	t.Fatalf("no status of %s", name)
	return consumers.Status{}
}

func TestWhatWasWrittenCanBeRead(t *testing.T) {
	l := projectiontest.New(t)
	x := start(t, l, projections.All())
	h := map[domain.Permission]*domain.Notices{"location": l.Notices("location")}
	p := l.SignUp("DE", "anna@example.org", h)
	p.Set("location", "weather", true)
	p.Link("phone", "a model", "a name")
	at := l.Head().Position
	for _, d := range projections.All() {
		x.wait(t, d.Name, at)
		if s := x.status(t, d.Name); s.Lag != 0 || s.Seconds != 0 || s.State != consumers.Running || s.Position != at {
			t.Errorf("%s: %+v", d.Name, s)
		}
	}
	if n := len(x.documents(t, "accounts")); n != 1 {
		t.Errorf("%d accounts", n)
	}
	result, id, err := x.views.Query(t.Context(), "permissions", view.Query{Filter: view.Compare("state", view.Eq, view.Text("granted"))})
	if err != nil || len(result.Documents) != 1 || id.View != "permissions" {
		t.Errorf("%v %v", id, err)
	}
	if _, ok := x.views.Schema("accounts"); !ok {
		t.Error("no schema")
	}
	if _, _, err := x.views.Query(t.Context(), "nothing", view.Query{}); !errors.Is(err, consumers.ErrUnknown) {
		t.Error(err)
	}
}

func TestWaitingHasADeadline(t *testing.T) {
	l := projectiontest.New(t)
	x := start(t, l, projections.All())
	l.Notices("location")
	far := eventstore.NewPosition(1000, 1000)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := x.WaitFor(ctx, "accounts", far); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	if err := x.WaitFor(t.Context(), "nothing", far); !errors.Is(err, consumers.ErrUnknown) {
		t.Error(err)
	}
}

func TestARestartGoesOnFromTheCheckpoint(t *testing.T) {
	l := projectiontest.New(t)
	x := start(t, l, projections.All())
	l.Notices("location")
	for _, d := range projections.All() {
		x.wait(t, d.Name, l.Head().Position)
	}
	before := x.documents(t, "activity")
	x.stop(t)

	l.Notices("contacts")
	x = start(t, l, projections.All())
	x.wait(t, "activity", l.Head().Position)
	if after := x.documents(t, "activity"); len(after) != int(l.Head().Position.Int64()) || len(after) <= len(before) {
		t.Errorf("%d documents, then %d", len(before), len(after))
	}
	if strings.Contains(x.log.String(), "filled") {
		t.Errorf("a view was refilled:\n%s", x.log)
	}
}
