package consumers

import (
	"context"
	"errors"
	"sync"

	"accountledger/domain"
	"accountledger/journal"
)

// Skips knows which events operators let which views go on past. It reads the operators' stream as the leader has it, each
// time on from where it was, so it is never behind. It is safe for concurrent use.
type Skips struct {
	journal *journal.Journal

	mu   sync.Mutex
	next int64 // version of the operators' stream to read from
	all  []domain.Fact
	has  map[skip]bool
}

type skip struct {
	view  domain.ViewName
	event domain.EventID
}

// NewSkips reads nothing yet.
func NewSkips(j *journal.Journal) *Skips { return &Skips{journal: j, has: map[skip]bool{}} }

// All gives the events that record the skips, the oldest first, and none twice for a view and an event. Errors: the log's.
func (s *Skips) All(ctx context.Context) ([]domain.Fact, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.read(ctx)
	return s.all[:len(s.all):len(s.all)], err
}

// Has says whether a view is to go on past an event. Errors: the log's.
func (s *Skips) Has(ctx context.Context, view string, event domain.EventID) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.read(ctx)
	return s.has[skip{domain.ViewName(view), event}], err
}

// read reads on; mu is held. What a newer program wrote among the operators' acts, or nobody can read, is passed over: this program
// has no skips of that kind.
func (s *Skips) read(ctx context.Context) error {
	for {
		err := s.readOn(ctx)
		var unknown *journal.UnknownTypeError
		var unreadable *journal.UnreadableEventError
		if !errors.As(err, &unknown) && !errors.As(err, &unreadable) {
			return err
		}
		s.next++
	}
}

func (s *Skips) readOn(ctx context.Context) error {
	for rec, err := range s.journal.Read(ctx, domain.OperationsStream, s.next) {
		if err != nil {
			return err
		}
		s.next = rec.Version + 1
		e, ok := rec.Event.(domain.EventSkipped)
		if key := (skip{e.View, e.Event}); ok && !s.has[key] {
			s.has[key] = true
			s.all = append(s.all, rec.Fact)
		}
	}
	return nil
}
