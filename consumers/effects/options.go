package effects

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"accountledger/domain"
	"accountledger/internal/backoff"
	"accountledger/journal"
)

// ErrClosed: the runtime has been closed.
var ErrClosed = errors.New("effects: closed")

// Log is what a runtime asks the log for. The journal is one; nothing can be appended by it.
type Log interface {
	// Head is the end of the log.
	Head(ctx context.Context) (journal.Checkpoint, error)
	// LogID names the log, even an empty one.
	LogID(ctx context.Context) (uuid.UUID, error)
}

// Options of a runtime. Those without a default are required.
type Options struct {
	// Name is the consumer's, and in a shared runtime the name of its lease.
	Name    string
	Journal Log
	Log     *slog.Logger
	Now     func() time.Time
	// Find gives the job of an event, nil if it has none; an earlier run may have started it. An error is tried again. It is called in
	// the order of the log, and again for an event whose page comes again.
	Find func(domain.Fact) (Job, error)
	// Path is the checkpoint's file. A Shared runtime has none.
	Path string
	// Wait waits between two steps; nil waits for real. An error means that ctx ended.
	Wait func(ctx context.Context, d time.Duration) error
	// Fault gets failures of log, vault and checkpoint; may be nil. It is called concurrently.
	Fault func(error)
	// Workers is how many jobs act at once. Default: 8.
	Workers int
	// Pending is how many jobs may be in progress or wait; reading pauses at this number, and at five times as many of those that
	// yield. Default: 2,000.
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
