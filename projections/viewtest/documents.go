package viewtest

import (
	"errors"
	"strings"
	"testing"
	"time"

	"accountledger/projections/view"
)

func write(t testing.TB, g view.Generation, docs ...*view.Document) {
	t.Helper()
	must(t, g.Write(t.Context(), view.Batch{Documents: docs}))
}

// expect checks that docs are stored under their ids.
func expect(t testing.TB, g view.Generation, docs ...*view.Document) {
	t.Helper()
	ids := make([]string, len(docs))
	for i, d := range docs {
		ids[i] = d.ID
	}
	found, err := g.Load(t.Context(), ids)
	must(t, err)
	if len(found) != len(docs) {
		t.Fatalf("Load returned %d documents for %d ids", len(found), len(docs))
	}
	for i, d := range docs {
		if found[i] == nil || !found[i].Equal(d) {
			t.Errorf("document %d: not as written", i)
		}
	}
}

func testDocuments(t *testing.T, open func(*testing.T) view.Engine) {
	_, g := fresh(t, open)
	a, b := full("a", 1), plain("b \x01 é", 9223372036854775807, "")
	write(t, g, b, a)
	expect(t, g, a, b, a)

	found, err := g.Load(t.Context(), []string{"none", "a", "NONE"})
	must(t, err)
	if len(found) != 3 || found[0] != nil || found[1] == nil || found[2] != nil {
		t.Error("Load must return nil exactly where nothing is stored")
	}
	if none, err := g.Load(t.Context(), nil); err != nil || len(none) != 0 {
		t.Errorf("Load of nothing returned %d, %v", len(none), err)
	}
	if got, err := view.Get(t.Context(), g, "a"); err != nil || !got.Equal(a) {
		t.Errorf("Get: %v", err)
	}
	if _, err := view.Get(t.Context(), g, "none"); !errors.Is(err, view.ErrNotFound) {
		t.Errorf("Get of none: %v", err)
	}
	many := make([]*view.Document, 0, 300)
	for i := range 300 {
		many = append(many, plain(strings.Repeat("x", 1+i), int64(i+1), "many"))
	}
	write(t, g, many...)
	expect(t, g, many...)
	write(t, g)
	expectCount(t, g, 302)
}

func expectCount(t testing.TB, g view.Generation, want int64) {
	t.Helper()
	must(t, g.Refresh(t.Context()))
	n, err := g.Count(t.Context())
	must(t, err)
	if n != want {
		t.Errorf("Count is %d, want %d", n, want)
	}
}

func testVersions(t *testing.T, open func(*testing.T) view.Engine) {
	_, g := fresh(t, open)
	first, second, third := plain("a", 5, "first"), full("a", 7), plain("a", 9, "third")
	write(t, g, first)
	write(t, g, third)
	write(t, g, second) // a late writer
	expect(t, g, third)
	other := plain("a", 9, "other")
	write(t, g, other) // the same version again
	expect(t, g, third)

	// A batch with some old documents stores the others.
	fresh := plain("b", 1, "fresh")
	write(t, g, first, fresh)
	expect(t, g, third, fresh)

	// Words of a skipped version are not found, and neither are replaced ones.
	expectWords(t, g, "fox", 0)
	write(t, g, full("a", 11))
	expectWords(t, g, "fox", 1)
	write(t, g, full("a", 12))
	expectWords(t, g, "fox", 1)
	write(t, g, plain("a", 13, "last"))
	expectWords(t, g, "fox", 0)
	expectCount(t, g, 2)
}

func expectWords(t testing.TB, g view.Generation, words string, want int) {
	t.Helper()
	must(t, g.Refresh(t.Context()))
	r, err := g.Query(t.Context(), view.Query{Words: words, Total: true})
	must(t, err)
	if len(r.Documents) != want || r.Total != int64(want) {
		t.Errorf("%q: %d documents, total %d, want %d", words, len(r.Documents), r.Total, want)
	}
}

func testTombstones(t *testing.T, open func(*testing.T) view.Engine) {
	_, g := fresh(t, open)
	write(t, g, full("a", 5), full("b", 5), tombstone("never", 3))
	expectCount(t, g, 2)
	expectWords(t, g, "quick", 2)
	write(t, g, tombstone("a", 6))
	expect(t, g, tombstone("a", 6), full("b", 5), tombstone("never", 3))
	expectCount(t, g, 1)
	expectWords(t, g, "quick", 1)
	if _, err := view.Get(t.Context(), g, "a"); !errors.Is(err, view.ErrNotFound) {
		t.Errorf("Get of a tombstone: %v", err)
	}
	write(t, g, full("a", 6), full("never", 2))
	expect(t, g, tombstone("a", 6), tombstone("never", 3))
	write(t, g, full("a", 7))
	expect(t, g, full("a", 7))
	expectWords(t, g, "quick", 2)
	expectCount(t, g, 2)
}

func testRefused(t *testing.T, open func(*testing.T) view.Engine) {
	_, g := fresh(t, open)
	s := newShape()
	broken := func(change func(d *view.Document)) *view.Document {
		d := full("bad", 2)
		change(d)
		return d
	}
	for name, d := range map[string]*view.Document{
		"no id":            broken(func(d *view.Document) { d.ID = "" }),
		"long id":          broken(func(d *view.Document) { d.ID = strings.Repeat("x", view.MaxID+1) }),
		"no position":      broken(func(d *view.Document) { d.Position = 0 }),
		"missing field":    broken(s.colour.Clear),
		"another kind":     broken(func(d *view.Document) { d.Values[0] = view.NumberValue(1) }),
		"long keyword":     broken(func(d *view.Document) { s.nick.Set(d, strings.Repeat("x", view.MaxKeyword+1)) }),
		"no UTF-8":         broken(func(d *view.Document) { s.nick.Set(d, "\xff") }),
		"NUL":              broken(func(d *view.Document) { s.nick.Set(d, "a\x00b") }),
		"before 1970":      broken(func(d *view.Document) { s.at.Set(d, time.Unix(-1, 0)) }),
		"too many values":  broken(func(d *view.Document) { d.Values = append(d.Values, view.BoolValue(true)) }),
		"tombstone values": broken(func(d *view.Document) { d.Deleted = true }),
	} {
		err := g.Write(t.Context(), view.Batch{Documents: []*view.Document{plain("good", 1, "x"), d}, Checkpoint: view.Checkpoint("x")})
		if !errors.Is(err, view.ErrDocument) {
			t.Errorf("%s: %v", name, err)
		}
	}
	twice := view.Batch{Documents: []*view.Document{plain("good", 1, "x"), plain("good", 2, "x")}}
	if err := g.Write(t.Context(), twice); !errors.Is(err, view.ErrDocument) {
		t.Errorf("one id twice: %v", err)
	}
	expectCount(t, g, 0)
	if place, err := g.Checkpoint(t.Context(), 0); err != nil || place != nil {
		t.Errorf("a refused batch moved the checkpoint: %v", err)
	}
}

func testLimits(t *testing.T, open func(*testing.T) view.Engine) {
	_, g := fresh(t, open)
	s := newShape()
	d := full(strings.Repeat("é", view.MaxID/2), 1)
	s.nick.Set(d, strings.Repeat("k", view.MaxKeyword))
	s.title.Set(d, strings.Repeat("w1 ", view.MaxText/3))
	s.notes.Set(d, strings.Repeat("z", view.MaxText))
	s.secret.Set(d, []byte(strings.Repeat("\x00", view.MaxSealed)))
	write(t, g, d)
	expect(t, g, d)
	expectWords(t, g, "w1 "+strings.Repeat("z", view.MaxWord), 1)
}
