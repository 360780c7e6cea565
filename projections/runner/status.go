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

// Status tells how each consumer is, in the order they were given in. An error means that the log cannot be asked.
func (r *Runner) Status(ctx context.Context) ([]Status, error) {
	head, err := r.Journal.Head(ctx)
	if err != nil {
		return nil, err
	}
	all := make([]Status, len(r.workers))
	for i, w := range r.workers {
		if all[i], err = w.status(ctx, head); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func (w *worker) status(ctx context.Context, head journal.Checkpoint) (Status, error) {
	w.mu.Lock()
	s := Status{Name: w.consumer.Name(), Position: w.position, State: w.state, Reason: w.reason}
	since := w.since
	w.mu.Unlock()
	if c, ok := w.consumer.(Conditioned); ok {
		if state, reason := c.Condition(); state != "" {
			s.State, s.Reason = state, reason
		}
	}
	var err error
	if s.Lag, s.Unit, err = w.runner.Journal.Distance(ctx, s.Position, head.Position); err != nil || s.Lag == 0 {
		return s, err
	}
	page, err := w.runner.Journal.ReadAll(ctx, journal.Checkpoint{Log: head.Log, Position: s.Position}, 1)
	if err != nil {
		return s, err
	}
	oldest := since // an event that nobody can read is as old, at least, as the waiting for it
	if len(page.Records) > 0 {
		oldest = page.Records[0].At
	}
	s.Seconds = max(0, w.runner.Now().Sub(oldest).Round(time.Millisecond).Seconds())
	return s, nil
}
