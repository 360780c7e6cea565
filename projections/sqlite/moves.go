package sqlite

import (
	"context"
	"errors"
	"sync"
	"time"

	"accountledger/projections/view"
)

// moveEvery is how long a checkpoint that moved without documents may wait to be stored.
const moveEvery = time.Second

// moves holds checkpoints that moved while no document changed. Most pages of a log do not affect most views,
// and a transaction for each would cost more than the views' own writes. A waiting one is stored with
// the next documents, by the first move after moveEvery, or by close; a crash loses it, and the consumer rereads a
// second of the log.
type moves struct {
	mu      sync.Mutex
	waiting map[int]view.Checkpoint // by partition
	since   map[int]time.Time       // when the partition's was last stored
}

// later keeps a checkpoint for later; false if it must be stored now.
func (m *moves) later(batch view.Batch) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	last, known := m.since[batch.Partition]
	if batch.Checkpoint == nil || !known || time.Since(last) >= moveEvery {
		return false
	}
	if m.waiting == nil {
		m.waiting = map[int]view.Checkpoint{}
	}
	m.waiting[batch.Partition] = append(view.Checkpoint(nil), batch.Checkpoint...)
	return true
}

// stored records that a write has reached the file.
func (m *moves) stored(batch view.Batch) {
	if batch.Checkpoint == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.since == nil {
		m.since = map[int]time.Time{}
	}
	m.since[batch.Partition] = time.Now()
	delete(m.waiting, batch.Partition)
}

// get returns a waiting checkpoint.
func (m *moves) get(partition int) (view.Checkpoint, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	c, ok := m.waiting[partition]
	return append(view.Checkpoint(nil), c...), ok
}

// flush stores what is waiting.
func (s *store) flush(ctx context.Context) error {
	s.moves.mu.Lock()
	var batches []view.Batch
	for partition, c := range s.moves.waiting {
		batches = append(batches, view.Batch{Partition: partition, Checkpoint: c})
	}
	s.moves.mu.Unlock()
	var errs []error
	for _, b := range batches {
		err := s.transaction(context.WithoutCancel(ctx), func(ctx context.Context) error { return s.putCheckpoint(ctx, b) })
		if err == nil {
			s.moves.stored(b)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}
