package sqlite_test

import (
	"context"
	"errors"
	"testing"

	"accountledger/projections/view"
)

// again returns a copy of a document at another position with another number of devices.
func again(d *view.Document, position, devices int64) *view.Document {
	p, _ := newPeople()
	c := d.Clone()
	c.Position = position
	p.devices.Set(c, devices)
	return c
}

// TestFillTurnsToUpdates checks that filling, which only adds rows at first, handles repeated documents:
// newer ones replace theirs, older ones are skipped, and missing ones are not found.
func TestFillTurnsToUpdates(t *testing.T) {
	p, _ := newPeople()
	for name, before := range map[string]func(t *testing.T, g view.Generation, docs []*view.Document){
		"by a write":  func(*testing.T, view.Generation, []*view.Document) {},
		"by a look":   func(t *testing.T, g view.Generation, docs []*view.Document) { found(t, g, docs[7].ID, docs[7]) },
		"after a nay": func(t *testing.T, g view.Generation, _ []*view.Document) { found(t, g, "nobody", nil) },
		"after a break": func(t *testing.T, g view.Generation, _ []*view.Document) {
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			if err := g.EndFill(ctx); !errors.Is(err, context.Canceled) {
				t.Fatalf("a cancelled end: %v", err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, g := open(t, t.TempDir())
			docs := crowd(500)
			must(t, g.BeginFill(t.Context()))
			must(t, g.Write(t.Context(), view.Batch{Documents: docs[:200]}))
			must(t, g.Write(t.Context(), view.Batch{Documents: docs[200:400], Checkpoint: view.Checkpoint("400")}))
			before(t, g, docs)
			newer, older := again(docs[3], 10_000, 77), again(docs[300], 1, 99)
			must(t, g.Write(t.Context(), view.Batch{Documents: append([]*view.Document{newer, older}, docs[400:]...)}))
			found(t, g, docs[3].ID, newer)
			found(t, g, docs[499].ID, docs[499])
			must(t, g.EndFill(t.Context()))
			n, err := g.Count(t.Context())
			must(t, err)
			loaded, err := g.Load(t.Context(), []string{docs[3].ID, docs[300].ID})
			must(t, err)
			if n != 500 || p.devices.Get(loaded[0]) != 77 || !loaded[1].Equal(docs[300]) {
				t.Errorf("%d documents, the first with %d devices", n, p.devices.Get(loaded[0]))
			}
			must(t, g.Write(t.Context(), view.Batch{Documents: []*view.Document{again(docs[5], 10_001, 5)}}))
		})
	}
}

func found(t *testing.T, g view.Generation, id string, want *view.Document) {
	t.Helper()
	docs, err := g.Load(t.Context(), []string{id})
	must(t, err)
	if (docs[0] == nil) != (want == nil) || want != nil && !docs[0].Equal(want) {
		t.Fatal("not the document that was written")
	}
}
