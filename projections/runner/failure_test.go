package runner_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

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

	if err := x.WaitFor(t.Context(), "fragile", at); !errors.Is(err, consumers.ErrStopped) {
		t.Fatal(err)
	}
	for _, d := range projections.All() {
		x.wait(t, d.Name, at)
	}
	s := x.status(t, "fragile")
	if s.State != consumers.Stopped || s.Position.Int64() != before || s.Lag != 2 || s.Seconds != 2 {
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
	if s := x.status(t, "fragile"); s.State != consumers.Rebuilding {
		t.Errorf("held up: %+v", s)
	}
	mended = true
	release()
	x.wait(t, "fragile", at)
}

func TestAnUnknownEventIsWaitedFor(t *testing.T) {
	l := projectiontest.New(t)
	l.Notices("location")
	at := l.Head().Position
	if _, err := l.Store.Append(t.Context(), "future-1", eventstore.NoStream,
		eventstore.Event{ID: domain.Derive(l.Head().Event, "x"), Type: "future.happened.v1", Data: []byte("{}"),
			Metadata: []byte(`{"format":1,"at":"2026-03-01T10:00:00Z","actor":{"kind":"system"}}`)}); err != nil {
		t.Fatal(err)
	}
	x := start(t, l, projections.All())
	x.wait(t, "activity", at)
	await.Until(t, "the view says that it waits", func() bool {
		s := x.status(t, "activity")
		return s.State == consumers.Waiting && strings.Contains(s.Reason, "future.happened.v1") && s.Lag == 1 && s.Position == at
	})
}
