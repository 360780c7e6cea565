package elastic

import (
	"cmp"
	"context"
	"slices"

	"github.com/go-json-experiment/json"

	"accountledger/projections/view"
)

const (
	// rangesAtOnce is how many stretches of time one request counts.
	rangesAtOnce = 4096
	// cellsPerBucket is how many cells of the coarse count one bucket can touch: a
	// month of 31 days touches three of 30 days.
	cellsPerBucket = 3
)

// span is a stretch of time in whole seconds since 1970, without until, and the
// start of its bucket, in nanoseconds.
type span struct{ from, until, start int64 }

func (a *asking) seconds() string { return a.layout.name(a.plan.Histogram.Field) + suffixSecond }

// bounds requests the first and the last second with a document.
func (a *asking) bounds(aggregations object) {
	aggregations["first"] = object{"min": object{"field": a.seconds()}}
	aggregations["last"] = object{"max": object{"field": a.seconds()}}
}

// histogram counts by time, in stretches from view.Clock, so that a bucket
// is the same on every engine and does not depend on the server's time zone tables.
// If the time is long and may be mostly empty, a coarse count first finds
// where it is not.
func (a *asking) histogram(ctx context.Context, found *searchAnswer) ([]view.Bucket, error) {
	var first, last struct {
		Value *float64 `json:"value"`
	}
	if json.Unmarshal(found.Aggregations["first"], &first) != nil || json.Unmarshal(found.Aggregations["last"], &last) != nil {
		return nil, errAnswer(a.id)
	}
	if first.Value == nil || last.Value == nil {
		return nil, nil
	}
	// Seconds are whole and far below 2^53.
	from, until := int64(*first.Value), int64(*last.Value)+1
	pieces := []span{{from: from, until: until}}
	if (until-from)/a.width() > rangesAtOnce {
		var err error
		if pieces, err = a.cells(ctx); err != nil {
			return nil, err
		}
	}
	buckets := map[int64]*view.Bucket{}
	for spans := range slices.Chunk(a.cut(pieces), rangesAtOnce) {
		if err := a.count(ctx, spans, buckets); err != nil {
			return nil, err
		}
	}
	all := make([]view.Bucket, 0, len(buckets))
	for _, b := range buckets {
		b.Label = a.plan.Histogram.Clock.Label(b.Start)
		all = append(all, *b)
	}
	slices.SortFunc(all, func(x, y view.Bucket) int { return cmp.Compare(x.Start, y.Start) })
	return all, nil
}

// width is the width of the coarse count's cells, in seconds: about a bucket's.
func (a *asking) width() int64 {
	const hour = 3600
	switch a.plan.Histogram.Clock.Interval() {
	case view.Hour:
		return hour
	case view.Day:
		return 24 * hour
	case view.Week:
		return 7 * 24 * hour
	default:
		return 30 * 24 * hour
	}
}

// cells returns the stretches of time that are not empty.
func (a *asking) cells(ctx context.Context) ([]span, error) {
	found, err := a.search(ctx, object{"size": 0, "track_total_hits": false, "aggs": object{
		"cells": object{"histogram": object{"field": a.seconds(), "interval": a.width(), "min_doc_count": 1}},
	}})
	if err != nil {
		return nil, err
	}
	var answer struct {
		Buckets []struct {
			Key float64 `json:"key"`
		} `json:"buckets"`
	}
	if json.Unmarshal(found.Aggregations["cells"], &answer) != nil {
		return nil, errAnswer(a.id)
	}
	if len(answer.Buckets) > cellsPerBucket*view.MaxBuckets {
		return nil, view.ErrTooManyBuckets
	}
	pieces := make([]span, len(answer.Buckets))
	for i, b := range answer.Buckets {
		pieces[i] = span{from: int64(b.Key), until: int64(b.Key) + a.width()}
	}
	return pieces, nil
}

// cut splits stretches of time where buckets begin, which is always at a whole second.
func (a *asking) cut(pieces []span) []span {
	var spans []span
	for _, piece := range pieces {
		for at := piece.from; at < piece.until; {
			stretch := a.plan.Histogram.Clock.Stretch(at * second)
			until := min(stretch.Until/second, piece.until)
			spans = append(spans, span{from: at, until: until, start: stretch.Start})
			at = until
		}
	}
	return spans
}

// count counts what is in each span and adds it to the span's bucket.
func (a *asking) count(ctx context.Context, spans []span, buckets map[int64]*view.Bucket) error {
	ranges := make([]object, len(spans))
	for i, s := range spans {
		ranges[i] = object{"from": s.from, "to": s.until}
	}
	counting := object{"range": object{"field": a.seconds(), "ranges": ranges}}
	found, err := a.search(ctx, object{"size": 0, "track_total_hits": false, "aggs": object{
		"spans": a.summed(counting, a.plan.Histogram.Sum),
	}})
	if err != nil {
		return err
	}
	var answer struct {
		Buckets []counted `json:"buckets"`
	}
	if json.Unmarshal(found.Aggregations["spans"], &answer) != nil || len(answer.Buckets) != len(spans) {
		return errAnswer(a.id)
	}
	for i, s := range spans {
		b := &answer.Buckets[i]
		if int64(b.From) != s.from {
			return errAnswer(a.id)
		}
		if b.Count == 0 {
			continue
		}
		into := buckets[s.start]
		if into == nil {
			if len(buckets) == view.MaxBuckets {
				return view.ErrTooManyBuckets
			}
			into = &view.Bucket{Start: s.start}
			buckets[s.start] = into
		}
		into.Count += b.Count
		into.Sum += int64(b.Sum.Value)
	}
	return nil
}
