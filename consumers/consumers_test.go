package consumers_test

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
	"accountledger/internal/await"
	"accountledger/journal"
	"accountledger/projections/projectiontest"
)

// patience bounds how long a test waits for what must happen; it is never waited out when all is well.
const patience = await.Patience

// line is a runner at work on a ledger.
type line struct {
	*consumers.Runner
	ended chan error
	once  sync.Once
	log   *bytes.Buffer
}

func start(t *testing.T, l *projectiontest.Ledger, all ...*counter) *line {
	t.Helper()
	x := &line{ended: make(chan error, 1), log: &bytes.Buffer{}}
	var cs []consumers.Consumer
	for _, c := range all {
		cs = append(cs, c.consumer())
	}
	var err error
	x.Runner, err = consumers.New(consumers.Options{Journal: l.Journal, Log: slog.New(slog.NewJSONHandler(x.log, nil)), Now: l.Now, Pause: time.Millisecond},
		cs...)
	if err != nil {
		t.Fatal(err)
	}
	go func() { x.ended <- x.Run(context.WithoutCancel(t.Context())) }()
	t.Cleanup(func() { x.stop(t) })
	return x
}

func (x *line) stop(t *testing.T) {
	t.Helper()
	x.once.Do(func() {
		if err := errors.Join(x.Close(), <-x.ended); err != nil {
			t.Error(err)
		}
	})
}

func (x *line) wait(t *testing.T, name string, at journal.Position) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := x.WaitFor(ctx, name, at); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
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

// counter is a consumer that counts and fails as it is told.
type counter struct {
	name string
	mu   sync.Mutex
	at   journal.Checkpoint
	n    int
	fail func(journal.Page) error
}

// consumer makes it one.
func (c *counter) consumer() consumers.Consumer {
	return consumers.Consumer{Name: c.name, Checkpoint: c.checkpoint, Handle: c.handle}
}

func (c *counter) checkpoint(context.Context) (journal.Checkpoint, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at, nil
}

func (c *counter) handle(_ context.Context, page journal.Page) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.fail != nil {
		if err := c.fail(page); err != nil {
			return err
		}
	}
	c.at, c.n = page.Checkpoint, c.n+len(page.Records)
	return nil
}

func (c *counter) seen() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.n
}

func TestTroubleThatPassesIsTriedWithoutLimit(t *testing.T) {
	l := projectiontest.New(t)
	failures := 12
	c := &counter{name: "counter", fail: func(journal.Page) error {
		if failures--; failures >= 0 {
			return errors.New("the disk is full")
		}
		return nil
	}}
	x := start(t, l, c)
	l.Notices("location")
	x.wait(t, "counter", l.Head().Position)
	if s := x.status(t, "counter"); s.State != consumers.Running || s.Reason != "" {
		t.Errorf("%+v", s)
	}
	if c.seen() != int(l.Head().Position.Int64()) {
		t.Errorf("saw %d", c.seen())
	}
}

func TestAConsumerThatPanicsIsFoundOut(t *testing.T) {
	l := projectiontest.New(t)
	l.Notices("location")
	l.Notices("contacts")
	bad := l.Append(domain.OperationsStream, domain.OperationPerformed{Operation: domain.OpKeysList}).Position
	l.Notices("health")
	c := &counter{name: "counter", fail: func(p journal.Page) error {
		for _, r := range p.Records {
			if r.Position == bad {
				panic("a text that could hold anything")
			}
		}
		return nil
	}}
	x := start(t, l, c)
	if err := x.WaitFor(t.Context(), "counter", bad); !errors.Is(err, consumers.ErrStopped) {
		t.Fatal(err)
	}
	if s := x.status(t, "counter"); s.Position.Int64() != bad.Int64()-1 || !strings.Contains(s.Reason, "operation.performed.v1") ||
		strings.Contains(s.Reason, "anything") {
		t.Errorf("%+v", s)
	}
}

func TestACloseDuringTroubleEnds(t *testing.T) {
	l := projectiontest.New(t)
	c := &counter{name: "counter", fail: func(journal.Page) error { return errors.New("never") }}
	x := start(t, l, c)
	l.Notices("location")
	await.Until(t, "the counter waits", func() bool { return x.status(t, "counter").State == consumers.Waiting })
	x.stop(t)
	if err := x.WaitFor(t.Context(), "counter", l.Head().Position); !errors.Is(err, consumers.ErrClosed) {
		t.Error(err)
	}
}

func TestNamesAreUnique(t *testing.T) {
	l := projectiontest.New(t)
	if _, err := consumers.New(consumers.Options{Journal: l.Journal, Log: l.Logger, Now: l.Now}, (&counter{name: "a"}).consumer(),
		(&counter{name: "a"}).consumer()); err == nil {
		t.Error("two consumers of one name")
	}
	r, err := consumers.New(consumers.Options{Journal: l.Journal, Log: l.Logger, Now: l.Now})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(r.Close(), r.Run(t.Context()), r.Close()); err != nil {
		t.Error(err)
	}
}

func TestARestartGoesOnFromTheCheckpoint(t *testing.T) {
	l := projectiontest.New(t)
	c := &counter{name: "counter"}
	x := start(t, l, c)
	l.Notices("location")
	x.wait(t, "counter", l.Head().Position)
	x.stop(t)
	seen := c.seen()
	l.Notices("contacts")
	x = start(t, l, c)
	x.wait(t, "counter", l.Head().Position)
	if got := c.seen(); got != int(l.Head().Position.Int64()) || got <= seen {
		t.Errorf("the counter saw %d, then %d events", seen, got)
	}
}

// What is only part of a whole is waited for by the name of the whole, and each optional part may be missing.
func TestAPartIsFoundByItsWhole(t *testing.T) {
	l := projectiontest.New(t)
	a, b := &counter{name: "whole/0"}, &counter{name: "whole/1"}
	one, two := a.consumer(), b.consumer()
	one.PartOf, two.PartOf = "whole", "whole"
	r, err := consumers.New(consumers.Options{Journal: l.Journal, Log: l.Logger, Now: l.Now, Pause: time.Millisecond}, one, two)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- r.Run(context.WithoutCancel(t.Context())) }()
	l.Notices("location")
	at := l.Head().Position
	if err := r.WaitFor(t.Context(), "whole", at); err != nil {
		t.Error(err)
	}
	if a.seen() != b.seen() || a.seen() != int(at.Int64()) {
		t.Errorf("the parts saw %d and %d of %d", a.seen(), b.seen(), at.Int64())
	}
	if err := errors.Join(r.Close(), <-ended); err != nil {
		t.Error(err)
	}
}

func TestAConsumerWithoutARecoveryStops(t *testing.T) {
	l := projectiontest.New(t)
	c := &counter{name: "counter", fail: func(journal.Page) error { return consumers.ErrUnusable }}
	x := start(t, l, c)
	l.Notices("location")
	await.Until(t, "the counter stops", func() bool { return x.status(t, "counter").State == consumers.Stopped })
}
