package viewtest

import (
	"context"
	"encoding/json"
	"slices"

	"accountledger/projections/view"
)

// tester is a test or one round of a random one.
type tester interface {
	Helper()
	Fatalf(format string, args ...any)
	Context() context.Context
}

// compare asks an engine, page by page, and the model.
func compare(t tester, g view.Generation, m *model, q *view.Query) {
	t.Helper()
	want := m.matching(q)
	query := *q
	var got []*view.Document
	for page := 0; ; page++ {
		result, err := g.Query(t.Context(), query)
		if err != nil {
			t.Fatalf("%v", err)
		}
		if page == 0 {
			compareCounts(t, m, q, want, result)
			query.Total, query.Group, query.Histogram = false, nil, nil
		}
		got = append(got, result.Documents...)
		if result.Next == nil {
			break
		}
		if len(result.Documents) != q.Limit {
			t.Fatalf("a page that is not the last one holds %d documents, want %d", len(result.Documents), q.Limit)
		}
		bytes, err := result.Next.MarshalBinary()
		if err != nil {
			t.Fatalf("%v", err)
		}
		if query.After, err = view.DecodeCursor(g.Schema(), q.Sort, bytes); err != nil {
			t.Fatalf("%v", err)
		}
	}
	if q.Limit == 0 {
		want = nil
	}
	if !slices.EqualFunc(got, want, (*view.Document).Equal) {
		t.Fatalf("the pages give %d documents, or in another order than the %d of the model: %s", len(got), len(want), describe(q))
	}
}

func compareCounts(t tester, m *model, q *view.Query, want []*view.Document, result *view.Result) {
	if total := int64(len(want)); q.Total && result.Total != total || !q.Total && result.Total != -1 {
		t.Fatalf("total %d, want %d: %s", result.Total, total, describe(q))
	}
	if q.Group != nil {
		groups := m.groups(want, q.Group)
		total := len(groups)
		if limit := q.Group.Limit; limit > 0 {
			groups = groups[:min(limit, total)]
		}
		same := func(a, b view.GroupCount) bool {
			return a.Count == b.Count && (a.Sum == b.Sum || q.Group.Sum == "") && slices.Equal(a.Keys, b.Keys)
		}
		if result.GroupTotal != int64(total) || !slices.EqualFunc(result.Groups, groups, same) {
			t.Fatalf("other groups than the model has: %s", describe(q))
		}
	}
	if q.Histogram != nil {
		same := func(a, b view.Bucket) bool {
			return a.Start == b.Start && a.Label == b.Label && a.Count == b.Count && (a.Sum == b.Sum || q.Histogram.Sum == "")
		}
		if buckets := m.buckets(want, q.Histogram); !slices.EqualFunc(result.Buckets, buckets, same) {
			t.Fatalf("other buckets than the model has: %s\n got %+v\nwant %+v", describe(q), result.Buckets, buckets)
		}
	}
}

// describe prints a query of the suite's own making.
func describe(q *view.Query) string {
	text, err := json.Marshal(q)
	if err != nil {
		return err.Error()
	}
	scope, _ := json.Marshal(q.Scope)
	return string(text) + " within " + string(scope)
}
