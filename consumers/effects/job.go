package effects

import (
	"context"
	"errors"
	"time"

	"accountledger/domain"
	"accountledger/internal/backoff"
)

// Job is what is to be done outside for one event. It belongs to one goroutine.
type Job interface {
	// Next decides what to do now, from the state of the log: an attempt, or an error. Errors: ErrEnded, a Later, or a
	// failure of the ledger's own log or vault, after which Next is called again.
	Next(ctx context.Context) (*Attempt, error)
}

// Yielding is a job that must not delay others. While it yields it has a place of its own kind, of which there are yieldingShare times as many
// as others have, and at most half of the workers.
type Yielding interface {
	Job
	// Yields can become true: what others wait for is done, and the rest has time.
	Yields() bool
}

// yieldingShare is how many jobs that yield may be pending for each other one. They wait for long, and take just memory meanwhile.
const yieldingShare = 5

func yields(j Job) bool {
	y, can := j.(Yielding)
	return can && y.Yields()
}

// Attempt is one attempt at a job. The runtime calls Announce, Act and Result in this order; after an error of Announce
// nothing is done, and Next is called again.
type Attempt struct {
	// Expires is when it is too late to act. Result then gets ErrExpired, and nothing is announced or done.
	Expires time.Time
	// Announce records the attempt in the log.
	Announce func(ctx context.Context) error
	// Act acts outside, within Options.Timeout.
	Act func(ctx context.Context) error
	// Result records what Act's error, or nil, means for the job, and returns as Next does; nil is as Later(0). If it cannot
	// record the end, Next has to do so later.
	Result func(ctx context.Context, err error) error
}

var (
	// ErrEnded means that a job has ended, or that there is nothing to do.
	ErrEnded = errors.New("effects: the job has ended")
	// ErrExpired means that an attempt came too late and was not made.
	ErrExpired = errors.New("effects: it has expired")
	// errStopped: the runtime stops; the next one continues.
	errStopped = errors.New("effects: stopped")
)

// Later is when the next step is due.
type Later time.Duration

func (Later) Error() string { return "effects: later" }

// work is a job under way, for the event that caused it.
type work struct {
	runtime  *Runtime
	cause    domain.Fact
	job      Job
	place    chan struct{} // in which it has a place
	failures int           // consecutive ones, of our own log and vault
}

// troublePauses lie between tries after failures of our own log or vault.
func troublePauses() backoff.Steps {
	return backoff.Steps{First: time.Second, Longest: 30 * time.Second, Factor: 5}
}

// run takes steps until the job has ended and returns true; false means that the runtime stopped. A worker is held only during
// a step, so waiting jobs do not block others.
func (w *work) run() bool {
	r := w.runtime
	for {
		err := w.turn()
		w.yield()
		var later Later
		switch {
		case err == nil:
		case errors.Is(err, ErrEnded):
			return true
		case errors.Is(err, errStopped), r.acting.Err() != nil:
			return false
		case errors.As(err, &later):
			w.failures = 0
		default:
			w.failures++
			later = Later(troublePauses().After(w.failures))
			r.Fault(err)
			r.Log.Warn("log or vault failed; trying again", append([]any{"consumer", r.Name}, Describe(w.cause, err)...)...)
		}
		if later > 0 && r.Wait(r.waiting, time.Duration(later)) != nil {
			return false
		}
	}
}

// yield takes a place of the jobs that yield once this is one; if there is none left, it keeps its own.
func (w *work) yield() {
	r := w.runtime
	if w.place == r.behind || !yields(w.job) {
		return
	}
	select {
	case r.behind <- struct{}{}:
		<-w.place
		w.place = r.behind
	default:
	}
}

// turn takes one step with a worker held.
func (w *work) turn() error {
	r := w.runtime
	if r.waiting.Err() != nil {
		return errStopped
	}
	if yields(w.job) {
		select {
		case r.quiet <- struct{}{}:
			defer func() { <-r.quiet }()
		case <-r.waiting.Done():
			return errStopped
		}
	}
	select {
	case r.workers <- struct{}{}:
		defer func() { <-r.workers }()
	case <-r.waiting.Done():
		return errStopped
	}
	if !r.storage.held() { // a process that was frozen notices here
		return errStopped
	}
	return w.step(r.acting)
}

// step makes one attempt, if there is one to make.
func (w *work) step(ctx context.Context) error {
	r := w.runtime
	a, err := w.job.Next(ctx)
	if err != nil {
		return err
	}
	if !r.Now().Before(a.Expires) {
		return a.Result(ctx, ErrExpired)
	}
	if err := a.Announce(ctx); err != nil {
		return err
	}
	trying, cancel := context.WithTimeout(ctx, r.Timeout)
	defer cancel()
	err = a.Act(trying)
	if err != nil && ctx.Err() != nil {
		return errStopped // it may have been done: the next start tries once more
	}
	return a.Result(ctx, err)
}

// Describe gives log attributes for a failure: the event's place, and the error of our own log or vault. Neither holds anything
// personal.
func Describe(f domain.Fact, err error) []any {
	cause := ""
	var refused *domain.Error
	if errors.As(err, &refused) && refused.Cause != nil {
		cause = refused.Cause.Error()
	}
	return []any{"stream", f.Stream, "version", f.Version, "error", err.Error(), "cause", cause}
}
