package runner_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"accountledger/domain"
	"accountledger/eventstore"
	"accountledger/journal"
	"accountledger/projections"
	"accountledger/projections/projectiontest"
	"accountledger/projections/runner"
	"accountledger/projections/view"
)

// fragile is a view that cannot digest withdrawals, until it is mended.
func fragile(mended *bool, tried *int) runner.Declaration {
	var f view.Fields
	kind := f.Keyword("kind")
	return runner.Declaration{
		Schema:  view.Schema{Name: "fragile", Version: 1, Fields: f},
		Touches: func(r journal.Record) []string { return []string{r.ID.String()} },
		Reduce: func(d *view.Document, r journal.Record) error {
			if _, ok := r.Event.(domain.PermissionWithdrawn); ok && !*mended {
				*tried++
				panicLikeARuntimeError(nil)
			}
			kind.Set(d, r.Type)
			return nil
		},
	}
}

// panicLikeARuntimeError is what a reducer's own bug looks like.
func panicLikeARuntimeError(empty []int) int { return empty[len(empty)] }

func TestAFailingEventStopsOnlyItsConsumer(t *testing.T) {
	l := projectiontest.New(t)
	var mended bool
	var tried int
	x := start(t, l, append(projections.All(), fragile(&mended, &tried)))
	p := l.SignUp("DE", "anna@example.org", map[domain.Permission]*domain.Notices{"location": l.Notices("location")})
	p.Set("location", "weather", true)
	x.wait(t, "fragile", l.Head().Position)
	before := l.Head().Position.Int64()
	l.Pass(3600e9)
	p.Set("location", "weather", false)
	p.Link("phone", "secret model", "secret name")
	at := l.Head().Position

	if err := x.WaitFor(t.Context(), "fragile", at); !errors.Is(err, runner.ErrStopped) {
		t.Fatal(err)
	}
	for _, d := range projections.All() {
		x.wait(t, d.Name, at)
	}
	s := x.status(t, "fragile")
	if s.State != runner.Stopped || s.Position.Int64() != before || s.Lag != 2 || s.Seconds != 2 {
		t.Errorf("%+v", s)
	}
	for _, part := range []string{"permission.withdrawn.v1", fmt.Sprintf("at position %d ", before+1), "version 2"} {
		if !strings.Contains(s.Reason, part) {
			t.Errorf("%q does not say %s", s.Reason, part)
		}
	}
	if n := len(x.documents(t, "fragile")); n != int(before) {
		t.Errorf("%d documents before the failing event, want %d", n, before)
	}
	log := x.log.String()
	if strings.Count(log, `"level":"ERROR"`) != 1 || !strings.Contains(log, `"consumer":"fragile"`) || strings.Contains(log, "secret") {
		t.Errorf("the log says:\n%s", log)
	}
	if tried < 4 {
		t.Errorf("tried %d times: once in its page and three times alone were to be expected", tried)
	}

	release, err := x.Hold(t.Context(), "fragile")
	if err != nil {
		t.Fatal(err)
	}
	if s := x.status(t, "fragile"); s.State != runner.Rebuilding {
		t.Errorf("held up: %+v", s)
	}
	mended = true
	release()
	x.wait(t, "fragile", at)
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
	x := start(t, l, nil, c)
	l.Notices("location")
	x.wait(t, "counter", l.Head().Position)
	if s := x.status(t, "counter"); s.State != runner.Running || s.Reason != "" {
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
	x := start(t, l, nil, c)
	if err := x.WaitFor(t.Context(), "counter", bad); !errors.Is(err, runner.ErrStopped) {
		t.Fatal(err)
	}
	if s := x.status(t, "counter"); s.Position.Int64() != bad.Int64()-1 || !strings.Contains(s.Reason, "operation.performed.v1") || strings.Contains(s.Reason, "anything") {
		t.Errorf("%+v", s)
	}
}

func TestAnUnknownEventIsWaitedFor(t *testing.T) {
	l := projectiontest.New(t)
	l.Notices("location")
	at := l.Head().Position
	if _, err := l.Store.Append(t.Context(), "future-1", eventstore.NoStream, eventstore.Event{ID: domain.Derive(l.Head().Event, "x"), Type: "future.happened.v1", Data: []byte("{}"),
		Metadata: []byte(`{"format":1,"at":"2026-03-01T10:00:00Z","actor":{"kind":"system"}}`)}); err != nil {
		t.Fatal(err)
	}
	x := start(t, l, projections.All())
	x.wait(t, "activity", at)
	until(t, "the view says that it waits", func() bool {
		s := x.status(t, "activity")
		return s.State == runner.Waiting && strings.Contains(s.Reason, "future.happened.v1") && s.Lag == 1 && s.Position == at
	})
}

func TestACloseDuringTroubleEnds(t *testing.T) {
	l := projectiontest.New(t)
	c := &counter{name: "counter", fail: func(journal.Page) error { return errors.New("never") }}
	x := start(t, l, projections.All(), c)
	l.Notices("location")
	until(t, "the counter waits", func() bool { return x.status(t, "counter").State == runner.Waiting })
	x.stop(t)
	if err := x.WaitFor(t.Context(), "counter", l.Head().Position); !errors.Is(err, runner.ErrClosed) {
		t.Error(err)
	}
}

func TestNamesAreUnique(t *testing.T) {
	l := projectiontest.New(t)
	if _, err := runner.New(runner.Options{Journal: l.Journal, Log: l.Logger, Now: l.Now}, &counter{name: "a"}, &counter{name: "a"}); err == nil {
		t.Error("two consumers of one name")
	}
	r, err := runner.New(runner.Options{Journal: l.Journal, Log: l.Logger, Now: l.Now})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(r.Close(), r.Run(t.Context()), r.Close()); err != nil {
		t.Error(err)
	}
}
