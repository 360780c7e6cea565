package consumers

import (
	"context"
	"sync"
	"time"

	"accountledger/domain"
	"accountledger/journal"
)

// Status tells how one consumer is. It holds nothing personal.
type Status struct {
	Name string `json:"name"`
	// Position is where the consumer stands, 0 at the beginning.
	Position journal.Position `json:"position"`
	// Lag is how many events lie between that and the head, and AtLeast says that there are more. Unknown says that the log could not
	// be asked for either, nor for Seconds.
	Lag     int64 `json:"lag"`
	AtLeast bool  `json:"lag_at_least,omitzero"`
	Unknown bool  `json:"lag_unknown,omitzero"`
	// Seconds is how old the oldest event is that it has not dealt with, 0 when there is none.
	Seconds float64 `json:"lag_seconds"`
	State   State   `json:"state"`
	// Reason says why it does not run.
	Reason string `json:"reason,omitempty"`
	// Unreadable is the event before which it waits because it cannot be read; zero where that is not so.
	Unreadable domain.EventID `json:"unreadable,omitzero"`
}

// Status tells how each consumer is, in the order they were given in. An error means that the log cannot be asked: then how far some
// of them lag, or all, is not known.
func (r *Runner) Status(ctx context.Context) ([]Status, error) {
	var elsewhere []Consumer
	of := make([]int, len(r.workers))
	for i, w := range r.workers {
		of[i] = -1
		if w.consumer.Stored != nil && w.now() == Elsewhere {
			of[i], elsewhere = len(elsewhere), append(elsewhere, w.consumer)
		}
	}
	checkpoints := askStored(ctx, elsewhere)
	head, err := r.Journal.Head(ctx)
	all := make([]Status, len(r.workers))
	for i, w := range r.workers {
		var seen stored
		if of[i] >= 0 {
			seen = checkpoints[of[i]]
		}
		all[i] = w.status(ctx, seen, head, &err)
	}
	return all, err
}

// storedPatience bounds how long the status waits for where consumers stand that others run.
const storedPatience = time.Second

// stored is a consumer's checkpoint as its store has it; err if that cannot tell in time.
type stored struct {
	at  journal.Checkpoint
	err error
}

// askStored asks all of them side by side, so that an engine that does not answer is waited for once.
func askStored(ctx context.Context, all []Consumer) []stored {
	ctx, cancel := context.WithTimeout(ctx, storedPatience)
	defer cancel()
	out := make([]stored, len(all))
	var asked sync.WaitGroup
	for i, one := range all {
		asked.Go(func() { out[i].at, out[i].err = one.Stored(ctx) })
	}
	asked.Wait()
	return out
}

// status tells how the consumer is, seen at a place where others run it, and how far from the head unless something failed before, as something may here.
func (w *worker) status(ctx context.Context, seen stored, head journal.Checkpoint, failed *error) Status {
	w.mu.Lock()
	s := Status{Name: w.consumer.Name, Position: w.position, State: w.state, Reason: w.reason}
	since := w.since
	if !w.troubled.IsZero() {
		since = w.troubled
	}
	if !w.unreadable.IsZero() && s.State == Running { // it reads again, which helps nothing
		s.State = Waiting
	}
	s.Unreadable = w.unreadable
	w.mu.Unlock()
	if s.State == Elsewhere && seen.err == nil && !seen.at.IsZero() { // else the place where it was seen last is as good as any
		s.Position = seen.at.Position
	}
	if w.consumer.Condition != nil {
		if state, reason := w.consumer.Condition(); state != "" {
			s.State, s.Reason = state, reason
		}
	}
	s.measure(ctx, w.runner.Journal, head, w.runner.Now(), since, failed)
	return s
}

// measure fills in the lag where nothing failed so far; one failure is enough.
func (s *Status) measure(ctx context.Context, j *journal.Journal, head journal.Checkpoint, now, since time.Time, failed *error) {
	if *failed == nil {
		*failed = s.lag(ctx, j, head, now, since)
	}
	s.Unknown = *failed != nil
}

// lag tells how far the head is. since is how long it has been waited at least for an event that nobody can read.
func (s *Status) lag(ctx context.Context, j *journal.Journal, head journal.Checkpoint, now, since time.Time) error {
	from := s.Position
	if from.Compare(head.Position) > 0 { // it has gone on since the head was looked at
		from = head.Position
	}
	unread, err := j.Unread(ctx, from, head.Position, lagMost)
	if s.Lag, s.AtLeast = unread.Events, unread.More; err != nil || s.Lag == 0 {
		return err
	}
	oldest := since
	if !unread.Oldest.IsZero() {
		oldest = unread.Oldest
	}
	s.Seconds = max(0, now.Sub(oldest).Round(time.Millisecond).Seconds())
	return nil
}

// lagMost is up to how many events a lag is counted where the log can tell distances only by reading.
const lagMost = 1000
