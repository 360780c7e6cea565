package embedded

import (
	"context"

	"accountledger/eventstore"
)

var _ eventstore.Sequencer = (*Store)(nil)

// AppendInOrder implements eventstore.Sequencer. The queue keeps its order and the sequencer takes it in that order, so
// handing over one behind the other is enough; the disk is waited for once for all that fit into a group. A batch
// that is refused does not keep those behind it out: the events of a stream behind a gap are refused by their expected
// version, those of others are appended.
func (s *Store) AppendInOrder(ctx context.Context, batches ...eventstore.Batch) (done []eventstore.Appended, err error) {
	for i := range batches {
		if err := eventstore.CheckAppend(batches[i].Stream, batches[i].Expected, batches[i].Events); err != nil {
			return nil, err
		}
	}
	if err := s.space.check(); err != nil {
		return nil, err
	}
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.leave()
	handed := make([]*request, 0, len(batches))
	for i := range batches {
		r := s.newRequest(batches[i].Stream, batches[i].Expected, batches[i].Events)
		if err = s.putInOrder(r); err != nil {
			break
		}
		handed = append(handed, r)
	}
	done = make([]eventstore.Appended, 0, len(handed))
	for i, r := range handed {
		o := <-r.outcome
		switch {
		case o.err == nil && len(done) == i:
			done = append(done, o.appended)
			s.recycle(r)
		case o.err != nil && len(done) == i:
			err = o.err // the first; it may be why putting ended
		}
	}
	return done, err
}

// putInOrder is send without the readers, who keep no order.
func (s *Store) putInOrder(r *request) error {
	generation, known := s.windows.knows(r.stream)
	if !known {
		t, err := s.readTail(r.stream)
		if err != nil {
			return err
		}
		r.hint = hint{tail: t, generation: generation}
	}
	return s.queue.put(r)
}
