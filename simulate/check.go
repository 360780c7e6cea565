package simulate

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// Views queries the views: the number of documents, or the sum of a number field, by the values of fields joined by slashes. Answers
// include everything played before the query.
type Views interface {
	Counts(ctx context.Context, view string, by []string, sum string) (map[string]int64, error)
}

// Difference is where a view differs from what was played.
type Difference struct {
	What   string `json:"what"`
	Played int64  `json:"played"`
	View   int64  `json:"view"`
}

// viewCounts queries the views for all counts of a tally, by its keys.
func viewCounts(ctx context.Context, v Views) (Tally, error) {
	t := Tally{}
	for _, q := range []struct {
		prefix, view string
		by           []string
		sum          string
	}{
		{"activity", "activity", []string{"type"}, ""},
		{"accounts", "accounts", []string{"state"}, ""},
		{"regions", "accounts", []string{"region"}, ""},
		{"permissions", "permissions", []string{"state"}, ""},
		{"devices", "devices", nil, ""},
		{"accesses", "accesses", []string{"kind", "outcome"}, ""},
		{"sign_ins", "sign_ins", nil, ""},
		{"daily", "daily", []string{"metric", "outcome"}, "events"},
		{"new", "daily", []string{"metric", "outcome"}, "new_people"},
	} {
		counts, err := v.Counts(ctx, q.view, q.by, q.sum)
		if err != nil {
			return nil, fmt.Errorf("simulate: querying view %s: %w", q.view, err)
		}
		for key, n := range counts {
			t[strings.TrimSuffix(q.prefix+"/"+key, "/")] += n
		}
	}
	t["devices/linked"], t["sign_ins/started"] = t["devices"], t["sign_ins"]
	delete(t, "devices")
	delete(t, "sign_ins")
	return t, nil
}

// compare returns where the growth of the views differs from what was played.
func compare(before, after, played Tally) []Difference {
	var out []Difference
	for key, n := range played {
		if strings.HasPrefix(key, "people/") || strings.HasPrefix(key, "services/") {
			continue
		}
		if grew := after[key] - before[key]; grew != n {
			out = append(out, Difference{key, n, grew})
		}
	}
	slices.SortFunc(out, func(a, b Difference) int { return strings.Compare(a.What, b.What) })
	return out
}
