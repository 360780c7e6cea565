package elastic

import (
	"context"
	"strconv"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"accountledger/projections/view"
)

// prepareCheckpoints creates the template of the index of checkpoints; the index
// is created with the first one.
func (e *Engine) prepareCheckpoints(ctx context.Context) error {
	if e.ready {
		return nil
	}
	s := object{"number_of_shards": "1", "auto_expand_replicas": "0-1"}
	if e.options.Replicas > 0 {
		s = object{"number_of_shards": "1", "number_of_replicas": strconv.Itoa(e.options.Replicas)}
	}
	keyword := object{"type": "keyword"}
	err := e.client.call(ctx, esapi.IndicesPutIndexTemplateRequest{Name: e.names.checkpoints(), Body: content(object{
		"index_patterns":    []string{e.names.checkpoints()},
		"allow_auto_create": true,
		"priority":          templatePriority,
		"template": object{"settings": object{"index": s}, "mappings": object{"dynamic": "strict", "properties": object{
			"generation": keyword, "partition": object{"type": "long"}, "kind": keyword, "place": object{"type": "binary"},
		}}},
	})}, nil)
	e.ready = err == nil
	return err
}

// mostCheckpoints is how many checkpoints one request lists, of all that were
// ever stored under the name of one generation.
const mostCheckpoints = 10_000

// checkpointsOf returns all checkpoints ever stored under a generation's
// name.
func (e *Engine) checkpointsOf(ctx context.Context, id view.GenerationID) ([]stored, error) {
	index := []string{e.names.checkpoints()}
	err := e.client.call(ctx, esapi.IndicesRefreshRequest{Index: index}, nil)
	if isMissing(err) {
		return nil, nil // none was ever written
	}
	if err != nil {
		return nil, err
	}
	var answer searchAnswer
	partial := false
	err = e.client.call(ctx, esapi.SearchRequest{Index: index, AllowPartialSearchResults: &partial, Body: content(object{
		"size": mostCheckpoints, "query": object{"term": object{"generation": e.names.index(id)}},
	})}, &answer)
	return answer.Hits.Hits, err
}

// forget deletes all checkpoints ever stored under a generation's
// name.
func (e *Engine) forget(ctx context.Context, id view.GenerationID) error {
	docs, err := e.checkpointsOf(ctx, id)
	if err != nil || len(docs) == 0 {
		return err
	}
	c, err := e.chunks.take(ctx)
	if err != nil {
		return err
	}
	defer e.chunks.give(c)
	for i := range docs {
		c.body = append(append(append(c.body, `{"delete":{"_id":"`...), docs[i].ID...), "\"}}\n"...)
		c.end()
	}
	return e.bulk(ctx, target{name: e.names.checkpoints()}, c, nil)
}
