package embedded

import (
	"context"

	"accountledger/eventstore"
)

var _ eventstore.Sequencer = (*Store)(nil)

// AppendInOrder implements eventstore.Sequencer. The queue keeps its order and so does the sequencer, so it is enough to
// hand the batches over one after another; all that fit into one group share one wait for the disk. A batch
// that is refused does not stop the later ones: those of the same stream then fail on their expected
// version, those of other streams are appended.
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
			err = o.err // the first; it may be why the loop ended
		}
	}
	return done, err
}

// putInOrder is send without the readers, which do not keep order.
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
