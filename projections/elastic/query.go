package elastic

import (
	"context"
	"fmt"

	"github.com/elastic/go-elasticsearch/v8/esapi"
	"github.com/go-json-experiment/json/jsontext"

	"accountledger/projections/view"
)

// searchAnswer is the part of the answer to a search that is read.
type searchAnswer struct {
	TimedOut bool   `json:"timed_out"`
	PIT      string `json:"pit_id"`
	Shards   struct {
		Failed int `json:"failed"`
	} `json:"_shards"`
	Hits struct {
		Total struct {
			Value int64 `json:"value"`
		} `json:"total"`
		Hits []stored `json:"hits"`
	} `json:"hits"`
	Aggregations map[string]jsontext.Value `json:"aggregations"`
}

// asking is one query in progress.
type asking struct {
	*store
	plan *view.Plan
	// moment is the point in time that all requests of the query see, "" while one
	// request is enough.
	moment string
}

func (s *store) query(ctx context.Context, query *view.Query) (*view.Result, error) {
	plan, err := view.NewPlan(s.schema, query)
	if err != nil {
		return nil, err
	}
	if s.filling.Load() {
		return nil, view.ErrFilling
	}
	a := &asking{store: s, plan: plan}
	if plan.Histogram != nil {
		// Its buckets are counted once their first and last are known.
		return a.atOneMoment(ctx)
	}
	result, whole, err := a.answer(ctx)
	if err == nil && !whole {
		return a.atOneMoment(ctx)
	}
	return result, err
}

// answer requests everything at once, and reads what that leaves open with
// further requests if there is a moment that all can see; otherwise whole is false.
func (a *asking) answer(ctx context.Context) (result *view.Result, whole bool, err error) {
	body := object{"size": 0, "track_total_hits": a.plan.Total}
	if a.plan.Limit > 0 {
		// One document more than requested tells whether there are more.
		body["size"], body["version"] = a.plan.Limit+1, true
		order, after := a.layout.sorting(a.plan)
		body["sort"] = order
		if after != nil {
			body["search_after"] = after
		}
		if a.layout.words {
			body["_source"] = object{"excludes": []string{fieldWords}}
		}
	}
	aggregations := object{}
	if a.plan.Group != nil {
		aggregations["group"] = a.groupBy(nil)
	}
	if a.plan.Histogram != nil {
		a.bounds(aggregations)
	}
	if len(aggregations) > 0 {
		body["aggs"] = aggregations
	}
	found, err := a.search(ctx, body)
	if err != nil {
		return nil, false, err
	}
	result = &view.Result{Total: -1}
	if a.plan.Total {
		result.Total = found.Hits.Total.Value
	}
	if err := a.page(found, result); err != nil {
		return nil, false, err
	}
	whole = true
	if a.plan.Group != nil {
		if whole, err = a.group(ctx, found, result); err != nil || !whole {
			return nil, whole, err
		}
	}
	if a.plan.Histogram != nil {
		result.Buckets, err = a.histogram(ctx, found)
	}
	return result, whole, err
}

func (a *asking) page(found *searchAnswer, result *view.Result) error {
	for i := range found.Hits.Hits {
		if i == a.plan.Limit {
			result.Next = a.plan.Next(result.Documents[i-1])
			return nil
		}
		d, err := a.layout.document(&found.Hits.Hits[i])
		if err != nil {
			return err
		}
		result.Documents = append(result.Documents, d)
	}
	return nil
}

// search requests documents that match the plan. An incomplete answer, from only some shards
// or cut short by time, is an error.
func (a *asking) search(ctx context.Context, body object) (*searchAnswer, error) {
	partial := false
	request := esapi.SearchRequest{Index: []string{a.index}, AllowPartialSearchResults: &partial}
	if a.moment != "" {
		request.Index = nil
		body["pit"] = object{"id": a.moment, "keep_alive": momentKept}
	}
	body["query"] = a.layout.matching(a.plan)
	request.Body = content(body)
	var found searchAnswer
	if err := a.client.ask(ctx, request, &found); err != nil {
		if typeOf(err) == typeTooManyBuckets {
			return nil, view.ErrTooManyBuckets
		}
		return nil, fmt.Errorf("generation %s: %w", a.id, err)
	}
	if found.TimedOut || found.Shards.Failed > 0 {
		return nil, fmt.Errorf("generation %s: %w: the answer is not complete", a.id, view.ErrUnavailable)
	}
	if a.moment != "" && found.PIT != "" {
		a.moment = found.PIT
	}
	return &found, nil
}
