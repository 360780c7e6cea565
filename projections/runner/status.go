package runner

import (
	"context"
	"time"

	"accountledger/journal"
)

// Status tells how one consumer is. It holds nothing personal.
type Status struct {
	Name string `json:"name"`
	// Position is where the consumer stands, 0 at the beginning.
	Position journal.Position `json:"position"`
	// Lag is how far that is from the head, in Unit.
	Lag  int64  `json:"lag"`
	Unit string `json:"unit"`
	// Seconds is how old the oldest event is that it has not dealt with, 0 when there is none.
	Seconds float64 `json:"lag_seconds"`
	State   State   `json:"state"`
	// Reason says why it does not run.
	Reason string `json:"reason,omitempty"`
}

// Status tells how each consumer is, in the order they were given in. An error means that the log cannot be asked: then how far some
// of them lag, or all, is not known.
func (r *Runner) Status(ctx context.Context) ([]Status, error) {
	head, err := r.Journal.Head(ctx)
	if err != nil {
		return nil, err
	}
	all := make([]Status, len(r.workers))
	for i, w := range r.workers {
		one, failed := w.status(ctx, head)
		if all[i] = one; err == nil {
			err = failed
		}
	}
	return all, err
}

func (w *worker) status(ctx context.Context, head journal.Checkpoint) (Status, error) {
	w.mu.Lock()
	s := Status{Name: w.consumer.Name(), Position: w.position, State: w.state, Reason: w.reason}
	since := w.since
	w.mu.Unlock()
	if stored, ok := w.consumer.(Stored); ok && s.State == Elsewhere {
		if at, err := stored.Stored(ctx); err == nil { // else the place where it was seen last is as good as any
			s.Position = at.Position
		}
	}
	if c, ok := w.consumer.(Conditioned); ok {
		if state, reason := c.Condition(); state != "" {
			s.State, s.Reason = state, reason
		}
	}
	err := s.lag(ctx, w.runner.Journal, head, w.runner.Now(), since)
	return s, err
}

// lag tells how far the head is. since is how long it has been waited at least for an event that nobody can read.
func (s *Status) lag(ctx context.Context, j *journal.Journal, head journal.Checkpoint, now, since time.Time) error {
	from := s.Position
	if from.Compare(head.Position) > 0 { // it has gone on since the head was looked at
		from = head.Position
	}
	lag, unit, err := j.Distance(ctx, from, head.Position)
	if s.Lag, s.Unit = lag, unit; err != nil || s.Lag == 0 {
		return err
	}
	page, err := j.ReadAll(ctx, journal.Checkpoint{Log: head.Log, Position: s.Position}, 1)
	if err != nil {
		return err
	}
	oldest := since
	if len(page.Records) > 0 {
		oldest = page.Records[0].At
	}
	s.Seconds = max(0, now.Sub(oldest).Round(time.Millisecond).Seconds())
	return nil
}
