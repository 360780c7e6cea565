package viewtest

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"accountledger/projections/view"
)

// Same writes the same random documents to two engines and checks that they answer
// the same queries alike, page by page.
func Same(t *testing.T, one, other view.Engine) {
	t.Helper()
	schema := testSchema(uniqueName())
	engines := []view.Engine{one, other}
	generations := make([]view.Generation, len(engines))
	for i, e := range engines {
		generations[i] = generation(t, e, schema, 1)
		closeLater(t, generations[i])
		dropLater(t, e, generations[i])
	}
	m := &model{schema: schema, docs: map[string]*view.Document{}}
	position := int64(0)
	rapid.Check(t, func(r *rapid.T) {
		batch := drawBatch(r, m, &position)
		for _, g := range generations {
			must(t, g.Write(t.Context(), batch))
			must(t, g.Refresh(t.Context()))
		}
		for range 5 {
			samePages(r, generations, drawQuery(r))
		}
	})
}

// samePages reads all pages of a query from two generations, each with the cursor
// that it returned itself.
func samePages(r *rapid.T, generations []view.Generation, q *view.Query) {
	queries := []view.Query{*q, *q}
	for page := 1; ; page++ {
		var results [2]*view.Result
		for i, g := range generations {
			var err error
			if results[i], err = g.Query(r.Context(), queries[i]); err != nil {
				r.Fatalf("page %d: %v: %s", page, err, describe(q))
			}
			queries[i].After = results[i].Next
		}
		if !sameResult(results[0], results[1]) {
			r.Fatalf("page %d differs: %s", page, describe(q))
		}
		if results[0].Next == nil {
			return
		}
	}
}

func sameResult(a, b *view.Result) bool {
	sameGroup := func(x, y view.GroupCount) bool {
		return x.Count == y.Count && x.Sum == y.Sum && slices.Equal(x.Keys, y.Keys)
	}
	sameNext := (a.Next == nil) == (b.Next == nil)
	if a.Next != nil && sameNext {
		sameNext = a.Next.ID == b.Next.ID && slices.Equal(a.Next.Values, b.Next.Values)
	}
	return sameNext && a.Total == b.Total && a.GroupTotal == b.GroupTotal &&
		slices.EqualFunc(a.Documents, b.Documents, (*view.Document).Equal) &&
		slices.EqualFunc(a.Groups, b.Groups, sameGroup) && slices.Equal(a.Buckets, b.Buckets)
}
