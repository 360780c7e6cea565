package sqlite_test

import (
	"errors"
	"testing"
	"time"

	"accountledger/projections/sqlite"
	"accountledger/projections/view"
)

// TestTalliesAnswer changes what tallies hold behind the engine's back, and tells from the answers which queries use
// them: exactly those that can.
func TestTalliesAnswer(t *testing.T) {
	t.Parallel()
	c, schema := newCounted(true)
	dir := t.TempDir()
	g := reopen(t, dir, schema, nil)
	defer func() { must(t, g.Close()) }()
	begin := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	var docs []*view.Document
	for i := range 96 {
		d := &view.Document{ID: string(rune('A' + i)), Position: int64(i + 1)}
		c.kind.Set(d, "a")
		c.at.Set(d, begin.Add(time.Duration(i)*time.Hour))
		c.size.Set(d, 1)
		c.words.Set(d, "word")
		docs = append(docs, d)
	}
	must(t, g.Write(t.Context(), view.Batch{Documents: docs}))
	db := file(t, dir, schema)
	for _, table := range []string{"tally_0", "tally_1", "tally_2", "tally_3", "tally_4", "tally_5", "tally_6"} {
		_, err := db.Exec(`UPDATE ` + table + ` SET members = members + 1000`)
		must(t, err)
	}
	must(t, db.Close())

	kind := view.Compare("kind", view.Eq, view.Text("a"))
	from, short := view.Compare("at", view.Gte, view.Moment(begin.Add(time.Hour))), view.Compare("at", view.Lt, view.Moment(begin.Add(5*time.Minute)))
	groups := func(sum string, by ...string) *view.Group { return &view.Group{By: by, Sum: sum} }
	days := func(field, zone, sum string) *view.Histogram {
		return &view.Histogram{Field: field, Interval: view.Day, Zone: zone, Sum: sum}
	}
	for name, ask := range map[string]struct {
		query   view.Query
		tallied bool
	}{
		"groups":                  {view.Query{Group: groups("", "kind")}, true},
		"groups of some":          {view.Query{Filter: kind, Group: groups("", "region")}, true},
		"groups in some time":     {view.Query{Filter: view.All(kind, from), Group: groups("", "kind")}, true},
		"groups in minutes":       {view.Query{Filter: short, Group: groups("", "kind")}, false},
		"groups of another time":  {view.Query{Filter: from, Group: groups("", "region")}, false},
		"groups with a sum":       {view.Query{Group: groups("size", "kind")}, false},
		"groups by another field": {view.Query{Group: groups("", "size")}, false},
		"groups with words":       {view.Query{Words: "word", Group: groups("", "kind")}, false},
		"groups of ids":           {view.Query{Filter: &view.Filter{Not: view.Compare("id", view.Eq, view.Text("none"))}, Group: groups("", "kind")}, false},
		"groups of one moment":    {view.Query{Filter: view.Compare("at", view.Eq, view.Moment(begin)), Group: groups("", "kind")}, false},
		"groups of either":        {view.Query{Filter: &view.Filter{Any: []view.Filter{*kind, *from}}, Group: groups("", "kind")}, false},
		"days":                    {view.Query{Histogram: days("at", "UTC", "")}, true},
		"days of some":            {view.Query{Filter: kind, Histogram: days("at", "Europe/Berlin", "")}, true},
		"days of not some": {view.Query{Filter: &view.Filter{Not: view.Compare("kind", view.Eq, view.Text("b"))},
			Histogram: days("at", "Asia/Kolkata", "")}, true},
		"days in some time":     {view.Query{Filter: from, Histogram: days("at", "UTC", "")}, true},
		"days with a sum":       {view.Query{Histogram: days("at", "UTC", "size")}, false},
		"days of another field": {view.Query{Filter: view.Compare("size", view.Eq, view.Whole(1)), Histogram: days("at", "UTC", "")}, false},
		"days of where and when it ended": {view.Query{Filter: &view.Filter{Not: &view.Filter{Field: "region", Op: view.Exists}}, Histogram: days("at", "UTC", "")},
			false},
		"total":            {view.Query{Limit: 1, Total: true}, true},
		"total of some":    {view.Query{Filter: kind, Limit: 1, Total: true}, true},
		"total with words": {view.Query{Words: "word", Limit: 1, Total: true}, false},
	} {
		r, err := g.Query(t.Context(), ask.query)
		must(t, err)
		n := max(r.Total, 0)
		for _, counted := range r.Groups {
			n += counted.Count
		}
		for _, b := range r.Buckets {
			n += b.Count
		}
		if tallied := n >= 1000; n == 0 || tallied != ask.tallied {
			t.Errorf("%s: answered from a tally: %v", name, tallied)
		}
	}
}

// TestAnotherTally checks that a generation made for other tallies is refused, so that it is refilled.
func TestAnotherTally(t *testing.T) {
	t.Parallel()
	_, schema := newCounted(false)
	dir := t.TempDir()
	must(t, reopen(t, dir, schema, nil).Close())
	schema.Tallies = schema.Tallies[1:]
	e, err := sqlite.New(dir)
	must(t, err)
	if _, err := e.Open(t.Context(), schema, 1); !errors.Is(err, view.ErrMismatch) {
		t.Errorf("one tally fewer: %v", err)
	}
}
