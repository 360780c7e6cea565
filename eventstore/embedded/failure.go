package embedded

import (
	"errors"
	"fmt"

	"accountledger/eventstore"
)

// fail makes the store read-only for good and answers all waiting appends. The
// goroutine that met the failure calls it before it can report a success to anyone.
func (s *Store) fail(cause error) {
	unwritten, groups, first := s.queue.fail(cause)
	s.freezer.freeze() // after the queue has stopped: from here on writes to the log only pretend to succeed
	if !first {
		return
	}
	s.log.Error("a write to the log failed; it takes no appends until it is reopened", "fault", cause.Error())
	durable := s.durable()
	for _, g := range groups {
		for i := range g.answers {
			a := &g.answers[i]
			if a.kind == isRepeat && a.at <= durable {
				a.request.answer(a.outcome())
				continue
			}
			a.request.answer(outcome{err: failedWith(a.kind, cause)})
		}
	}
	for _, r := range unwritten {
		r.take() // unless the sequencer did, or the caller left
		r.answer(outcome{err: fmt.Errorf("%w: %w", eventstore.ErrReadOnly, cause)})
	}
}

// failedWith is the error for a request whose group was on its way to the disk. After a failed
// fsync nobody knows what the disk holds; a conflict wrote nothing.
func failedWith(kind answerKind, cause error) error {
	if kind == isConflict {
		return fmt.Errorf("%w: %w", eventstore.ErrReadOnly, cause)
	}
	return errors.Join(eventstore.ErrUnknownOutcome, fmt.Errorf("%w: %w", eventstore.ErrReadOnly, cause))
}

// durable is the position of the last event that readers may see.
func (s *Store) durable() uint64 {
	if h := s.head.Load(); h != nil {
		return h.position
	}
	return 0
}
