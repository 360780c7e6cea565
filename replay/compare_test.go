package replay_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"accountledger/domain"
	"accountledger/journal"
	"accountledger/projections"
	"accountledger/projections/projectiontest"
	"accountledger/projections/runner"
	viewsqlite "accountledger/projections/sqlite"
	"accountledger/projections/view"
	"accountledger/replay"
)

// compare compares all views and returns what differs.
func compare(t *testing.T, l *projectiontest.Ledger, views ...string) ([]replay.Difference, int64) {
	t.Helper()
	scratch, err := viewsqlite.New(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = scratch.Close() }()
	var found []replay.Difference
	deps := replay.CompareDeps{Journal: l.Journal, Engine: l.Engine, Scratch: scratch, Views: projections.All(),
		Reached: func(context.Context, string, journal.Position) error { return nil }}
	n, err := replay.Compare(t.Context(), deps, views, nil, func(d replay.Difference) { found = append(found, d) })
	if err != nil {
		t.Fatal(err)
	}
	return found, n
}

// TestCompare tampers with a live view in every way and finds exactly that.
func TestCompare(t *testing.T) {
	l := projectiontest.New(t)
	p := l.SignUp("DE", "anna@example.org", map[domain.Permission]*domain.Notices{"location": l.Notices("location")})
	p.Link("phone", "X", "Y")
	if err := replay.Rebuild(t.Context(), replay.Deps{Journal: l.Journal, Engine: l.Engine, Views: projections.All()}, nil, nil); err != nil {
		t.Fatal(err)
	}
	found, n := compare(t, l)
	if len(found) != 0 || n == 0 {
		t.Fatalf("of %d documents these differ: %v", n, found)
	}
	id, err := l.Engine.Live(t.Context(), "devices")
	if err != nil {
		t.Fatal(err)
	}
	all := projections.All()
	d := all[slices.IndexFunc(all, func(d runner.Declaration) bool { return d.Name == "devices" })]
	live, err := l.Engine.Open(t.Context(), d.Schema, id.Number)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = live.Close() }()
	r, err := live.Query(t.Context(), view.Query{Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	was := r.Documents[0]
	changed := was.Clone()
	changed.Position++
	region := d.Field("region")
	changed.Values[region] = view.KeywordValue("FR")
	extra := was.Clone()
	extra.ID += "x"
	if err := live.Write(t.Context(), view.Batch{Documents: []*view.Document{changed, extra}}); err != nil {
		t.Fatal(err)
	}
	found, _ = compare(t, l, "devices")
	want := []replay.Difference{{View: "devices", ID: was.ID, Kind: replay.Different, Fields: []string{"region"}},
		{View: "devices", ID: extra.ID, Kind: replay.Extra}}
	if !slices.EqualFunc(found, want, func(a, b replay.Difference) bool {
		return a.View == b.View && a.ID == b.ID && a.Kind == b.Kind && slices.Equal(a.Fields, b.Fields)
	}) {
		t.Fatalf("found %v, wanted %v", found, want)
	}
	gone := changed.Clone()
	gone.Position++
	gone.Delete()
	if err := live.Write(t.Context(), view.Batch{Documents: []*view.Document{gone}}); err != nil {
		t.Fatal(err)
	}
	if found, _ = compare(t, l, "devices"); len(found) != 2 || found[0].Kind != replay.Missing {
		t.Fatalf("after a document was deleted: %v", found)
	}
}

// TestCompareManyDifferences has more differing documents than are kept to be compared again.
func TestCompareManyDifferences(t *testing.T) {
	l := projectiontest.New(t)
	l.SignUp("DE", "anna@example.org", nil)
	if err := replay.Rebuild(t.Context(), replay.Deps{Journal: l.Journal, Engine: l.Engine, Views: projections.All()}, []string{"activity"}, nil); err != nil {
		t.Fatal(err)
	}
	all := projections.All()
	d := all[slices.IndexFunc(all, func(d runner.Declaration) bool { return d.Name == "activity" })]
	id, err := l.Engine.Live(t.Context(), d.Name)
	if err != nil {
		t.Fatal(err)
	}
	live, err := l.Engine.Open(t.Context(), d.Schema, id.Number)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = live.Close() }()
	r, err := live.Query(t.Context(), view.Query{Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	const extra = 2500
	docs := make([]*view.Document, extra)
	for i := range docs {
		docs[i] = r.Documents[0].Clone()
		docs[i].ID = fmt.Sprintf("x%05d", i)
	}
	if err := live.Write(t.Context(), view.Batch{Documents: docs}); err != nil {
		t.Fatal(err)
	}
	n, err := live.Count(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	found, compared := compare(t, l, d.Name)
	if len(found) != extra || compared != n {
		t.Errorf("%d of %d documents differ, %d were compared", len(found), n, compared)
	}
	for i, f := range found {
		if f.ID != docs[i].ID || f.Kind != replay.Extra {
			t.Fatalf("difference %d is %+v", i, f)
		}
	}
}
