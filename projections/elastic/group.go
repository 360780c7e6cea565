package elastic

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"accountledger/projections/view"
)

// groupsAtOnce is how many groups one request counts. Elasticsearch takes up to
// 65,536 and needs memory for each.
const groupsAtOnce = 5000

// groupBy requests the next groups, in the order of their keys. Each is counted
// over all shards, so the counts are exact, which they would not be if only the
// largest groups were requested.
func (a *asking) groupBy(after jsontext.Value) object {
	g := a.plan.Group
	sources := make([]object, len(g.By))
	for i, place := range g.By {
		sources[i] = object{keyName(i): object{"terms": object{"field": a.layout.name(place), "missing_bucket": true}}}
	}
	composite := object{"size": groupsAtOnce, "sources": sources}
	if after != nil {
		composite["after"] = after
	}
	return a.summed(object{"composite": composite}, g.Sum)
}

func keyName(i int) string { return "k" + strconv.Itoa(i) }

// summed adds a sum to an aggregation if one is requested.
func (a *asking) summed(aggregation object, field int) object {
	if field != view.NoField {
		aggregation["aggs"] = object{"sum": object{"sum": object{"field": a.layout.name(field)}}}
	}
	return aggregation
}

// counted is one bucket of an aggregation.
type counted struct {
	Key   jsontext.Value `json:"key"`
	From  float64        `json:"from"`
	Count int64          `json:"doc_count"`
	Sum   struct {
		Value float64 `json:"value"`
	} `json:"sum"`
}

type groups struct {
	After   jsontext.Value `json:"after_key"`
	Buckets []counted      `json:"buckets"`
}

// group reads all groups and keeps the largest: greatest counts first, then
// by keys, missing ones last.
func (a *asking) group(ctx context.Context, found *searchAnswer, result *view.Result) (whole bool, err error) {
	g := a.plan.Group
	for {
		var page groups
		if err := json.Unmarshal(found.Aggregations["group"], &page, jsontext.AllowInvalidUTF8(true)); err != nil {
			return false, errAnswer(a.id)
		}
		for i := range page.Buckets {
			keys, err := a.keys(page.Buckets[i].Key)
			if err != nil {
				return false, err
			}
			result.Groups = append(result.Groups, view.GroupCount{
				Keys: keys, Count: page.Buckets[i].Count, Sum: int64(page.Buckets[i].Sum.Value),
			})
		}
		result.GroupTotal += int64(len(page.Buckets))
		largest(result, g.Limit)
		if len(page.Buckets) < groupsAtOnce {
			return true, nil
		}
		if a.moment == "" {
			return false, nil
		}
		body := object{"size": 0, "track_total_hits": false, "aggs": object{"group": a.groupBy(page.After)}}
		if found, err = a.search(ctx, body); err != nil {
			return false, err
		}
	}
}

func (a *asking) keys(text jsontext.Value) ([]view.Value, error) {
	var parts map[string]jsontext.Value
	if err := json.Unmarshal(text, &parts, jsontext.AllowInvalidUTF8(true)); err != nil {
		return nil, errAnswer(a.id)
	}
	keys := make([]view.Value, len(a.plan.Group.By))
	for i, place := range a.plan.Group.By {
		var err error
		if keys[i], err = readValue(a.schema.At(place).Kind, parts[keyName(i)]); err != nil {
			return nil, errAnswer(a.id)
		}
	}
	return keys, nil
}

func largest(result *view.Result, limit int) {
	slices.SortFunc(result.Groups, func(x, y view.GroupCount) int {
		if x.Count != y.Count {
			return cmp.Compare(y.Count, x.Count)
		}
		return slices.CompareFunc(x.Keys, y.Keys, view.Value.Compare)
	})
	if len(result.Groups) > limit {
		result.Groups = result.Groups[:limit:limit]
	}
}

// errAnswer is the error for an unreadable answer, without its content.
func errAnswer(id view.GenerationID) error {
	return fmt.Errorf("generation %s: %w: an answer cannot be read", id, view.ErrUnavailable)
}
