package runner_test

import (
	"strings"
	"testing"

	"accountledger/consumers"
	"accountledger/domain"
	"accountledger/eventstore"
	"accountledger/internal/await"
	"accountledger/journal"
	"accountledger/projections"
	"accountledger/projections/projectiontest"
)

// happened is an event that only the newer program knows.
type happened struct {
	Count int `json:"count"`
}

// TestARollingUpgrade: the older program waits before an event of the newer one, whatever comes after it, and dies
// of nothing; the newer program goes on from there and misses none.
func TestARollingUpgrade(t *testing.T) {
	l := projectiontest.New(t)
	l.Notices("location")
	known := l.Head().Position
	x := start(t, l, projections.All())
	x.wait(t, "activity", known)
	if _, err := l.Store.Append(t.Context(), "future-1", eventstore.NoStream, eventstore.Event{ID: domain.Derive(l.Head().Event, "x"), Type: "future.happened.v1",
		Data: []byte(`{"count":1}`), Metadata: []byte(`{"format":1,"at":"2026-03-01T10:00:00Z","actor":{"kind":"system"},"channel":"process"}`)}); err != nil {
		t.Fatal(err)
	}
	p := l.SignUp("DE", "anna@example.org", nil)
	p.Link("phone", "model", "name")
	for _, d := range projections.All() {
		await.Until(t, d.Name+" says that it waits", func() bool {
			s := x.status(t, d.Name)
			return s.State == consumers.Waiting && strings.Contains(s.Reason, "future.happened.v1") && s.Position == known
		})
	}
	x.stop(t)

	newer, err := journal.NewRegistry(append(journal.Types(), journal.Event[happened]("future.happened.v1")), journal.Upcasters(), journal.PartUpcasters())
	if err != nil {
		t.Fatal(err)
	}
	l.Journal = journal.New(l.Store, newer, nil) // consumers need no keys
	y := start(t, l, projections.All())
	for _, d := range projections.All() {
		y.wait(t, d.Name, l.Head().Position)
	}
	if n := len(y.documents(t, "accounts")); n != 1 {
		t.Errorf("%d accounts after the upgrade", n)
	}
	if n := len(y.documents(t, "devices")); n != 1 {
		t.Errorf("%d devices after the upgrade", n)
	}
}
