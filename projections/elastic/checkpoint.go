package elastic

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"sync"

	"github.com/elastic/go-elasticsearch/v8/esapi"
	"github.com/go-json-experiment/json"

	"accountledger/projections/view"
)

// MaxPartitions is how many partitions a generation can have; they are counted
// from 0.
const MaxPartitions = 1024

// place is a stored checkpoint. It belongs to one index, not only to its name: a
// checkpoint never outlives its documents.
type place struct {
	Generation string `json:"generation"`
	Partition  int    `json:"partition"`
	Kind       string `json:"kind"`
	Place      string `json:"place,omitempty"`
}

// The kinds of a checkpoint: that of the last write, and the newest one whose
// documents queries see. The third kind is not a checkpoint: its version says how many
// partitions there are, so that every process finds those of all others.
const (
	kindWritten    = "written"
	kindSearchable = "searchable"
	kindPartitions = "partitions"
)

// places are the checkpoints of one generation. Any number of processes read and
// write them; what this one remembers only saves requests.
type places struct {
	*store

	mu    sync.Mutex
	known map[int]*partition
	// count is how many partitions there are, as far as this process knows.
	count int
}

// partition is what this process knows about one partition's checkpoint. Every write
// of it has the next version, so that a request that was given up and arrives
// late changes nothing.
type partition struct {
	mu sync.Mutex
	// version is that of the stored checkpoint, -1 if it has to be read first.
	version int64
}

func newPlaces(s *store) *places { return &places{store: s, known: map[int]*partition{}} }

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

// grow records a minimum number of partitions, and returns how many are known.
func (p *places) grow(to int) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.count = max(p.count, to)
	return p.count
}

func (p *places) key(partition int, kind string) string {
	return fmt.Sprintf("%s/%s/%d/%s", p.id, p.uuid, partition, kind)
}

// found is a stored checkpoint, version 0 and nil if there is none.
type found struct {
	version int64
	place   view.Checkpoint
}

// read returns the current state of one checkpoint, independent of refreshes.
func (p *places) read(ctx context.Context, kind string, partition int) (found, error) {
	all, err := p.get(ctx, p.key(partition, kind))
	if err != nil {
		return found{}, err
	}
	return all[0], nil
}

// readAll returns the checkpoints of all partitions that any process has written,
// by their numbers.
func (p *places) readAll(ctx context.Context) (written, searchable []found, err error) {
	for {
		count := p.grow(0)
		keys := []string{p.key(0, kindPartitions)}
		for _, kind := range []string{kindWritten, kindSearchable} {
			for number := range count {
				keys = append(keys, p.key(number, kind))
			}
		}
		all, err := p.get(ctx, keys...)
		if err != nil {
			return nil, nil, err
		}
		if p.grow(int(all[0].version)) == count {
			return all[1 : 1+count], all[1+count:], nil
		}
	}
}

func (p *places) get(ctx context.Context, keys ...string) ([]found, error) {
	var answer struct {
		Docs []stored `json:"docs"`
	}
	err := p.client.ask(ctx, esapi.MgetRequest{Index: p.names.checkpoints(), Body: content(object{"ids": keys})}, &answer)
	if err != nil {
		return nil, err
	}
	if len(answer.Docs) != len(keys) {
		return nil, fmt.Errorf("%w: checkpoints are missing in an answer", view.ErrUnavailable)
	}
	all := make([]found, len(keys))
	for i, doc := range answer.Docs {
		switch {
		case doc.Error != nil && doc.Error.Type != typeNoIndex:
			return nil, &ResponseError{Status: http.StatusServiceUnavailable, Type: faultType(doc.Error.Type)}
		case doc.Error != nil || !doc.Found:
			continue
		}
		var stored place
		err := json.Unmarshal(doc.Source, &stored)
		if err == nil && stored.Place != "" {
			all[i].place, err = base64.StdEncoding.DecodeString(stored.Place)
		}
		if all[i].version = doc.Version; err != nil {
			return nil, fmt.Errorf("%w: a checkpoint of %s cannot be read", view.ErrCorrupt, p.id)
		}
	}
	return all, nil
}

// write stores the checkpoint of a partition. If another writer has stored one since this
// one's last write, it returns that as a temporary error, and changes nothing. The
// next attempt then goes through: whichever of the two is still running goes on, and
// neither is shut out. The place may step back that way, but nothing is lost, since
// every place was stored after the documents up to it; a reader that
// starts there only folds again what is already stored.
func (p *places) write(ctx context.Context, number int, at view.Checkpoint) error {
	known := p.partition(number)
	known.mu.Lock()
	defer known.mu.Unlock()
	if known.version < 0 {
		before, err := p.read(ctx, kindWritten, number)
		if err != nil {
			return err
		}
		known.version = before.version
	}
	next := known.version + 1
	known.version = -1
	passed, err := p.put(ctx, kindWritten, map[int]found{number: {next, at}})
	if err != nil {
		return err
	}
	if passed > 0 {
		// Either an earlier attempt of this write went through, or another writer's did.
		now, err := p.read(ctx, kindWritten, number)
		if err != nil {
			return err
		}
		if now.version != next || !bytes.Equal(now.place, at) {
			return fmt.Errorf("generation %s: %w: another writer moved the checkpoint of partition %d", p.id, view.ErrUnavailable, number)
		}
	}
	p.grow(number + 1)
	known.version = next
	return nil
}

// put stores checkpoints; one already there in this or a later version
// stays unchanged, and passed is how many were. A partition that this process has
// not written yet is announced to all others in the same request.
func (p *places) put(ctx context.Context, kind string, all map[int]found) (passed int, err error) {
	c, err := p.chunks.take(ctx)
	if err != nil {
		return 0, err
	}
	defer p.chunks.give(c)
	count := p.grow(0)
	for number, f := range all {
		item := place{Generation: p.index, Partition: number, Kind: kind, Place: base64.StdEncoding.EncodeToString(f.place)}
		if err := c.addPlace(p.key(number, kind), f.version, &item); err != nil {
			return 0, err
		}
		count = max(count, number+1)
	}
	if count > p.grow(0) {
		item := place{Generation: p.index, Partition: count - 1, Kind: kindPartitions}
		if err := c.addPlace(p.key(0, kindPartitions), int64(count), &item); err != nil {
			return 0, err
		}
	}
	if passed, err = p.send(ctx, target{name: p.names.checkpoints()}, c); err != nil {
		return passed, fmt.Errorf("generation %s: its checkpoint: %w", p.id, err)
	}
	return passed, nil
}

// addPlace adds a checkpoint to a request.
func (c *chunk) addPlace(key string, version int64, item *place) error {
	head, err := json.Marshal(object{"index": object{"_id": key, "version": version, "version_type": "external"}})
	if err == nil {
		c.body = append(append(c.body, head...), '\n')
		head, err = json.Marshal(item)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", errUnwritten, err)
	}
	c.body = append(append(c.body, head...), '\n')
	c.end()
	return nil
}
