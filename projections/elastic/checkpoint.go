package elastic

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"sync"

	"github.com/go-json-experiment/json"

	"accountledger/projections/view"
)

// place is a stored checkpoint. It belongs to one index, not only to its name: a
// checkpoint never outlives the documents that it stands for.
type place struct {
	Generation string `json:"generation"`
	Partition  int    `json:"partition"`
	Kind       string `json:"kind"`
	Place      string `json:"place"`
}

// The kinds of a checkpoint: that of the last write, and the newest one whose
// documents queries see.
const (
	kindWritten    = "written"
	kindSearchable = "searchable"
)

func (e *Engine) prepareCheckpoints(ctx context.Context) error {
	if e.ready {
		return nil
	}
	s := object{"number_of_shards": "1", "auto_expand_replicas": "0-1"}
	if e.options.Replicas > 0 {
		s = object{"number_of_shards": "1", "number_of_replicas": strconv.Itoa(e.options.Replicas)}
	}
	keyword := object{"type": "keyword"}
	err := e.client.call(ctx, http.MethodPut, "/_index_template/"+e.names.checkpoints(), object{
		"index_patterns":    []string{e.names.checkpoints()},
		"allow_auto_create": true,
		"priority":          templatePriority,
		"template": object{"settings": object{"index": s}, "mappings": object{"dynamic": "strict", "properties": object{
			"generation": keyword, "partition": object{"type": "long"}, "kind": keyword, "place": object{"type": "binary"},
		}}},
	}, nil)
	e.ready = err == nil
	return err
}

// places are the checkpoints of one generation.
type places struct {
	*store

	mu    sync.Mutex
	known map[int]*partition
}

// partition is what this process knows of one partition's checkpoint. Every write
// of it has the next version, so that a request that was given up and arrives
// late after all changes nothing.
type partition struct {
	mu sync.Mutex
	// version is that of the stored checkpoint, -1 when it has to be read first.
	version int64
}

func newPlaces(s *store) *places { return &places{store: s, known: map[int]*partition{}} }

// partition notes that a partition is of interest here.
func (p *places) partition(number int) *partition {
	p.mu.Lock()
	defer p.mu.Unlock()
	known := p.known[number]
	if known == nil {
		known = &partition{version: -1}
		p.known[number] = known
	}
	return known
}

// find notes the partitions that were written before, by any process, so that a
// refresh here moves them as well.
func (p *places) find(ctx context.Context) error {
	docs, err := p.checkpointsOf(ctx, p.id)
	if err != nil {
		return err
	}
	for i := range docs {
		var stored place
		if err := json.Unmarshal(docs[i].Source, &stored); err != nil {
			return fmt.Errorf("%w: a checkpoint of %s cannot be read", view.ErrCorrupt, p.id)
		}
		p.partition(stored.Partition)
	}
	return nil
}

// mostCheckpoints is how many checkpoints one generation can have; no view has nearly as
// many partitions.
const mostCheckpoints = 10_000

// checkpointsOf gives all checkpoints that were ever stored under a generation's
// name.
func (e *Engine) checkpointsOf(ctx context.Context, id view.GenerationID) ([]stored, error) {
	index := "/" + e.names.checkpoints()
	err := e.client.call(ctx, http.MethodPost, index+"/_refresh", nil, nil)
	if isMissing(err) {
		return nil, nil // none was ever written
	}
	if err != nil {
		return nil, err
	}
	var answer searchAnswer
	err = e.client.call(ctx, http.MethodPost, index+"/_search?allow_partial_search_results=false", object{
		"size": mostCheckpoints, "query": object{"term": object{"generation": e.names.index(id)}},
	}, &answer)
	return answer.Hits.Hits, err
}

// numbers are the partitions that were written or asked for here.
func (p *places) numbers() []int {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []int
	for number := range p.known {
		all = append(all, number)
	}
	slices.Sort(all)
	return all
}

func (p *places) key(partition int, kind string) string {
	return fmt.Sprintf("%s/%s/%d/%s", p.id, p.uuid, partition, kind)
}

// found is a checkpoint as it is stored, version 0 and nil when there is none.
type found struct {
	version int64
	place   view.Checkpoint
}

// read gives checkpoints as they are now, whether or not a refresh was.
func (p *places) read(ctx context.Context, kind string, partitions ...int) ([]found, error) {
	keys := make([]string, len(partitions))
	for i, number := range partitions {
		keys[i] = p.key(number, kind)
	}
	all := make([]found, len(partitions))
	var answer struct {
		Docs []stored `json:"docs"`
	}
	err := p.client.call(ctx, http.MethodPost, "/"+p.names.checkpoints()+"/_mget", object{"ids": keys}, &answer)
	if err != nil {
		return nil, err
	}
	if len(answer.Docs) != len(keys) {
		return nil, fmt.Errorf("%w: checkpoints are missing in an answer", view.ErrUnavailable)
	}
	for i, doc := range answer.Docs {
		switch {
		case doc.Error != nil && doc.Error.Type != typeNoIndex:
			return nil, &ResponseError{Status: http.StatusServiceUnavailable, Type: faultType(doc.Error.Type)}
		case doc.Error != nil || !doc.Found:
			continue
		}
		var stored place
		if err := json.Unmarshal(doc.Source, &stored); err != nil {
			return nil, fmt.Errorf("%w: a checkpoint of %s cannot be read", view.ErrCorrupt, p.id)
		}
		decoded, err := base64.StdEncoding.DecodeString(stored.Place)
		if err != nil {
			return nil, fmt.Errorf("%w: a checkpoint of %s cannot be read", view.ErrCorrupt, p.id)
		}
		all[i] = found{version: doc.Version, place: decoded}
	}
	return all, nil
}

// write stores the checkpoint of a partition.
func (p *places) write(ctx context.Context, number int, at view.Checkpoint) error {
	known := p.partition(number)
	known.mu.Lock()
	defer known.mu.Unlock()
	if known.version < 0 {
		before, err := p.read(ctx, kindWritten, number)
		if err != nil {
			return err
		}
		known.version = before[0].version
	}
	next := known.version + 1
	known.version = -1
	passed, err := p.put(ctx, kindWritten, map[int]found{number: {next, at}})
	if err != nil {
		return err
	}
	if passed > 0 {
		// Either an earlier try of this write came through, or another writer did.
		now, err := p.read(ctx, kindWritten, number)
		if err != nil {
			return err
		}
		if now[0].version != next || !bytes.Equal(now[0].place, at) {
			return fmt.Errorf("generation %s: %w: another writer moved the checkpoint of partition %d", p.id, view.ErrUnavailable, number)
		}
	}
	known.version = next
	return nil
}

// put stores checkpoints; one that is there already in this version or a later one
// stays as it is, and passed says how many were.
func (p *places) put(ctx context.Context, kind string, all map[int]found) (passed int, err error) {
	c, err := p.chunks.take(ctx)
	if err != nil {
		return 0, err
	}
	defer p.chunks.give(c)
	for number, f := range all {
		head, err := json.Marshal(object{"index": object{"_id": p.key(number, kind), "version": f.version, "version_type": "external"}})
		if err != nil {
			return 0, fmt.Errorf("elasticsearch: a checkpoint cannot be written: %w", err)
		}
		body, err := json.Marshal(place{
			Generation: p.index, Partition: number, Kind: kind, Place: base64.StdEncoding.EncodeToString(f.place),
		})
		if err != nil {
			return 0, fmt.Errorf("elasticsearch: a checkpoint cannot be written: %w", err)
		}
		c.body = append(append(append(append(c.body, head...), '\n'), body...), '\n')
		c.end()
	}
	if passed, err = p.send(ctx, "/"+p.names.checkpoints()+"/_bulk?require_alias=false", c); err != nil {
		return passed, fmt.Errorf("generation %s: its checkpoint: %w", p.id, err)
	}
	return passed, nil
}
