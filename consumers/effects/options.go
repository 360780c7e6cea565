package effects

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"accountledger/domain"
	"accountledger/internal/backoff"
	"accountledger/journal"
)

// ErrClosed: the runtime has been closed.
var ErrClosed = errors.New("effects: closed")

// Start is a job to start. The zero one starts nothing.
type Start struct {
	Job Job
	// After is the event whose running job must end first; zero for none.
	After domain.EventID
}

// Options of a runtime. Those without a default are required.
type Options struct {
	// Name is the consumer's, and in a shared runtime the name of its lease.
	Name    string
	Journal *journal.Journal
	Log     *slog.Logger
	Now     func() time.Time
	// Find gives the job of an event. earlier: an earlier run may have started it. An error is tried again. It is called in the
	// order of the log, and again for an event whose page comes again.
	Find func(r journal.Record, earlier bool) (Start, error)
	// Path is the checkpoint's file. A Shared runtime has none.
	Path string
	// Wait waits between two steps; nil waits for real. An error means that ctx ended.
	Wait func(ctx context.Context, d time.Duration) error
	// Fault gets failures of log, vault and checkpoint; may be nil. It is called concurrently.
	Fault func(error)
	// Workers is how many jobs act at once. Default: 8.
	Workers int
	// Pending is how many jobs may be in progress or wait; reading pauses at this number. Default: 2,000.
	Pending int
	// Timeout limits one attempt. Default: a minute.
	Timeout time.Duration
	// SaveEvery is the least time between two writes of the checkpoint. Default: a second.
	SaveEvery time.Duration
}

func (o *Options) setDefaults() {
	if o.Wait == nil {
		o.Wait = backoff.Sleep
	}
	if o.Fault == nil {
		o.Fault = func(error) {}
	}
	if o.Workers <= 0 {
		o.Workers = 8
	}
	if o.Pending <= 0 {
		o.Pending = 2000
	}
	if o.Timeout <= 0 {
		o.Timeout = time.Minute
	}
	if o.SaveEvery <= 0 {
		o.SaveEvery = time.Second
	}
}
