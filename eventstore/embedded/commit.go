package embedded

import "fmt"

// commit completes the groups in the order they were written.
func (s *Store) commit() {
	defer s.idle.Done()
	for g := range s.commits {
		s.commitGroup(g)
		<-s.slots
	}
}

func (s *Store) commitGroup(g *group) {
	if g.batch != nil {
		if err := g.batch.SyncWait(); err != nil {
			s.fail(fmt.Errorf("embedded: sync: %w", err))
		}
	}
	// A failed fsync has stopped the queue before SyncWait returns, whatever it returns.
	if !s.queue.complete(g) {
		return
	}
	if g.batch != nil {
		s.counters.durable(g)
		s.publish(g)
	}
	s.queue.published()
	for i := range g.answers {
		g.answers[i].request.answer(g.answers[i].outcome())
	}
	if g.batch != nil {
		if err := g.batch.Close(); err != nil {
			s.fail(fmt.Errorf("embedded: commit: %w", err))
		}
	}
}

// publish makes a durable group readable. The witness is updated first, so
// that it never lags behind what readers have seen.
func (s *Store) publish(g *group) {
	err := s.witness.set(g.last.position)
	s.recent.add(g.runs, g.last.position)
	last := g.last
	s.head.Store(&last)
	s.moved.fire()
	if err != nil {
		s.fail(err)
	}
}
