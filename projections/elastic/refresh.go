package elastic

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"accountledger/projections/view"
)

// refreshEvery is the shortest time between the starts of two refreshes of a
// generation, however many callers wait.
const refreshEvery = 50 * time.Millisecond

// refresher joins callers that wait for a refresh. A caller that arrives while one is under
// way waits for the next, because only one that begins later is sure to show what
// was written before the call.
type refresher struct {
	work  func(context.Context) error
	life  context.Context // it is the life of the rounds, which outlast who asked first
	end   context.CancelFunc
	group sync.WaitGroup

	mu   sync.Mutex
	next *round
	// last is when the newest refresh began, and before is its round.
	last   time.Time
	before *round
}

// round is one refresh for all its waiting callers.
type round struct {
	done chan struct{}
	err  error
}

func newRefresher(work func(context.Context) error) *refresher {
	r := &refresher{work: work}
	r.life, r.end = context.WithCancel(context.Background())
	return r
}

// wait returns after a refresh that began after it was called.
func (r *refresher) wait(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	r.mu.Lock()
	joined := r.next
	if joined == nil {
		joined = &round{done: make(chan struct{})}
		r.next = joined
		before := r.before
		r.group.Go(func() { r.run(joined, before) })
	}
	r.mu.Unlock()
	select {
	case <-joined.done:
		return joined.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// run runs a round once the one before has ended and it is due.
func (r *refresher) run(this, before *round) {
	defer close(this.done)
	if before != nil {
		<-before.done
	}
	r.mu.Lock()
	pause := time.Until(r.last.Add(refreshEvery))
	r.mu.Unlock()
	t := time.NewTimer(pause)
	defer t.Stop()
	select {
	case <-t.C:
	case <-r.life.Done():
	}
	r.mu.Lock()
	// From here on callers wait for the round after this one.
	r.next, r.before, r.last = nil, this, time.Now()
	r.mu.Unlock()
	this.err = r.work(r.life)
}

// close ends what is under way. No caller may be waiting.
func (r *refresher) close() {
	r.end()
	r.group.Wait()
}

// refreshNow makes what is written searchable and records up to which checkpoint, in
// all partitions: the one that was stored before the refresh began.
func (s *store) refreshNow(ctx context.Context) error {
	written, searchable, err := s.places.readAll(ctx)
	if err != nil {
		return err
	}
	s.counts.refreshes.Add(1)
	var answer struct {
		Shards struct {
			Successful int `json:"successful"`
			Failed     int `json:"failed"`
		} `json:"_shards"`
	}
	if err := s.client.call(ctx, esapi.IndicesRefreshRequest{Index: []string{s.index}}, &answer); err != nil {
		return fmt.Errorf("generation %s: refresh: %w", s.id, err)
	}
	// An unassigned shard counts neither as failed nor as successful. If it is
	// one of several, queries fail until it is back, and then it shows everything.
	if answer.Shards.Failed > 0 || answer.Shards.Successful == 0 {
		return fmt.Errorf("generation %s: refresh: %w: not all shards are available", s.id, view.ErrUnavailable)
	}
	moved := map[int]found{}
	for number := range written {
		if written[number].version > searchable[number].version && !bytes.Equal(written[number].place, searchable[number].place) {
			moved[number] = written[number]
		}
	}
	if len(moved) == 0 {
		return nil
	}
	_, err = s.places.put(ctx, kindSearchable, moved)
	return err
}
