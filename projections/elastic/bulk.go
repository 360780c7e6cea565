package elastic

import (
	"context"
	"fmt"
	"net/http"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"accountledger/projections/view"
)

// bulkAnswer is the requested part of an answer: the result of each item,
// in the order of the request, without the reasons, which may repeat an item's content.
type bulkAnswer struct {
	Items []struct {
		Index bulkItem `json:"index"`
	} `json:"items"`
}

type bulkItem struct {
	Status int `json:"status"`
	Error  struct {
		Type string `json:"type"`
	} `json:"error"`
}

// target says where a chunk goes: an index or, with alias set, an alias, so that no
// index is created by a write.
type target struct {
	name  string
	alias bool
}

// bulk sends a chunk once. Elasticsearch waits for an unavailable shard for at most
// half the time of the request, so that it can still say why.
func (e *Engine) bulk(ctx context.Context, to target, c *chunk, into any) error {
	body := c.lend()
	e.counts.bytes.Add(int64(len(c.body)))
	defer e.counts.bytes.Add(-int64(len(c.body)))
	err := e.client.call(ctx, esapi.BulkRequest{
		Index: to.name, RequireAlias: &to.alias, Body: body, Timeout: e.options.Timeout / 2,
		FilterPath: []string{"items.*.status", "items.*.error.type"},
		Header:     http.Header{"Content-Type": {"application/x-ndjson"}},
	}, into)
	body.wait()
	return err
}

// send stores every item of a chunk. Until patience runs out it repeats what the cluster is too busy
// or temporarily unable to do, and only that; an item that is
// already there in this or a later version counts as stored, and passed is
// how many were. Errors: view.ErrUnavailable, *RefusedError, *ResponseError, ctx's.
func (e *Engine) send(ctx context.Context, to target, c *chunk) (passed int, err error) {
	patience := newPatience(e.options.Patience)
	for {
		n, again, err := e.post(ctx, to, c)
		passed += n
		if err == nil && len(again) == 0 {
			return passed, nil
		}
		if err != nil && !passes(err) {
			return passed, err
		}
		if err == nil {
			err = again[0].fault
			items := make([]int, len(again))
			for i, item := range again {
				items[i] = item.index
			}
			c.keep(items)
		}
		if waited := patience.wait(ctx); waited != nil {
			return passed, fmt.Errorf("%w: %w", waited, err)
		}
		e.counts.retries.Add(1)
	}
}

// unstored is an item that may be stored if it is sent again.
type unstored struct {
	index int
	fault *ResponseError
}

// post sends a chunk once and reads the result of each item.
func (e *Engine) post(ctx context.Context, to target, c *chunk) (passed int, again []unstored, err error) {
	if err := ctx.Err(); err != nil {
		return 0, nil, err
	}
	e.counts.requests.Add(1)
	var answer bulkAnswer
	if err := e.bulk(ctx, to, c, &answer); err != nil {
		return 0, nil, err
	}
	if len(answer.Items) != len(c.ends) {
		return 0, nil, fmt.Errorf("%w: an answer has %d items where %d were sent", view.ErrUnavailable, len(answer.Items), len(c.ends))
	}
	var refused *RefusedError
	for i, item := range answer.Items {
		result := item.Index
		fault := &ResponseError{Status: result.Status, Type: faultType(result.Error.Type)}
		switch {
		case result.Status == http.StatusOK || result.Status == http.StatusCreated:
			e.counts.stored.Add(1)
		case result.Status == http.StatusConflict:
			passed++
		case fault.passes():
			again = append(again, unstored{i, fault})
			e.counts.deferred.Add(1)
		case refused == nil:
			refused = &RefusedError{Documents: 1, First: fault}
		default:
			refused.Documents++
		}
	}
	e.counts.passed.Add(int64(passed))
	if refused != nil {
		e.counts.refused.Add(int64(refused.Documents))
		return passed, nil, refused
	}
	return passed, again, nil
}
