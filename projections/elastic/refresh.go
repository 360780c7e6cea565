package elastic

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"accountledger/projections/view"
)

// refreshEvery is the least time between the beginnings of two refreshes of a
// generation, however many wait for one.
const refreshEvery = 50 * time.Millisecond

// refresher joins those who wait for a refresh. Whoever comes while one is under
// way waits for the next, because only one that begins later is sure to show what
// was written before they came.
type refresher struct {
	work  func(context.Context) error
	life  context.Context //nolint:containedctx // it is the life of the rounds, which outlast who asked first
	end   context.CancelFunc
	group sync.WaitGroup

	mu   sync.Mutex
	next *round
	// last is when the newest refresh began, and before the round it belongs to.
	last   time.Time
	before *round
}

// round is one refresh for all who wait for it.
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

// run does a round once the one before has ended and its time has come.
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
	// From here on whoever comes waits for the round after this one.
	r.next, r.before, r.last = nil, this, time.Now()
	r.mu.Unlock()
	this.err = r.work(r.life)
}

// close ends what is under way. Nobody must be waiting.
func (r *refresher) close() {
	r.end()
	r.group.Wait()
}

// refreshNow makes what is written searchable and notes up to which checkpoint:
// the one that was stored before the refresh began.
func (s *store) refreshNow(ctx context.Context) error {
	numbers := s.places.numbers()
	written, err := s.places.readSome(ctx, kindWritten, numbers)
	if err != nil {
		return err
	}
	s.counts.refreshes.Add(1)
	var answer struct {
		Shards struct {
			Failed int `json:"failed"`
		} `json:"_shards"`
	}
	if err := s.client.call(ctx, http.MethodPost, "/"+s.index+"/_refresh", nil, &answer); err != nil {
		return fmt.Errorf("generation %s: refresh: %w", s.id, err)
	}
	if answer.Shards.Failed > 0 {
		return fmt.Errorf("generation %s: refresh: %w: %d shards failed", s.id, view.ErrUnavailable, answer.Shards.Failed)
	}
	moved, err := s.moved(ctx, numbers, written)
	if err != nil || len(moved) == 0 {
		return err
	}
	_, err = s.places.put(ctx, kindSearchable, moved)
	return err
}

// moved gives the checkpoints that the refresh made searchable and that are not
// noted as such yet, each under the version of what was written.
func (s *store) moved(ctx context.Context, numbers []int, written []found) (map[int]found, error) {
	searchable, err := s.places.readSome(ctx, kindSearchable, numbers)
	if err != nil {
		return nil, err
	}
	moved := map[int]found{}
	for i, number := range numbers {
		if written[i].version > searchable[i].version && !bytes.Equal(written[i].place, searchable[i].place) {
			moved[number] = written[i]
		}
	}
	return moved, nil
}

// readSome is read, and nothing when nothing is asked for.
func (p *places) readSome(ctx context.Context, kind string, partitions []int) ([]found, error) {
	if len(partitions) == 0 {
		return nil, nil
	}
	return p.read(ctx, kind, partitions...)
}
