package postgres

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"

	"accountledger/vault"
)

// silentFor is how long the server may leave the watcher without an answer before calls fail immediately: as long as one
// attempt to connect may take.
const silentFor = connectPatience

// outage is what the watcher knows about the server.
type outage struct {
	mu     sync.Mutex
	since  time.Time // when the first unanswered request was sent; zero while the server answers
	behind error     // set once the server was seen to be behind, until the vault is closed
	// waiting ends when the silence has lasted too long, and with it the calls under way.
	waiting context.Context // it is shared by calls
	give    context.CancelFunc
	timer   *time.Timer // ends waiting; nil while the server answers
}

func newOutage() *outage {
	o := &outage{}
	o.waiting, o.give = context.WithCancel(context.Background())
	return o
}

// answered records that something came from the server, or from its host.
func (o *outage) answered() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.since = time.Time{}
	if o.timer == nil {
		return
	}
	if !o.timer.Stop() {
		o.give()
		o.waiting, o.give = context.WithCancel(context.Background())
	}
	o.timer = nil
}

// silent records that a request sent at that time has no answer.
func (o *outage) silent(asked time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.since.IsZero() {
		o.since = asked
		o.timer = time.AfterFunc(silentFor-since(asked), o.give)
	}
}

// limit returns a context that ends after a while, or earlier if the server is known to be silent. It must be cancelled.
func (o *outage) limit(ctx context.Context, patience time.Duration) (context.Context, context.CancelFunc) {
	o.mu.Lock()
	waiting := o.waiting
	o.mu.Unlock()
	within, cancel := context.WithTimeout(ctx, patience)
	stop := context.AfterFunc(waiting, cancel)
	return within, func() { stop(); cancel() }
}

// wentBack records that the server lacks what it acknowledged.
func (o *outage) wentBack(schema string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.behind == nil {
		o.behind = fmt.Errorf("%w: %w", vault.ErrUnavailable, &vault.BehindError{File: "the server's schema " + schema, By: "this process"})
	}
}

// err is why no call can succeed now, nil if one may.
func (o *outage) err() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case o.behind != nil:
		return o.behind
	case !o.since.IsZero() && since(o.since) >= silentFor:
		return &vault.OutageError{Since: o.since, Cause: errTimeout}
	}
	return nil
}

// Health reports from memory whether calls can succeed: *vault.OutageError while the server does not answer, and
// *vault.BehindError, also vault.ErrUnavailable, from when it was put back to an earlier state until the vault is reopened.
func (v *Vault) Health() error {
	if v.closed.Load() {
		return ErrClosed
	}
	return v.outage.err()
}

// state is the server's state of the vault as a whole.
type state struct {
	id          uuid.UUID
	log         *uuid.UUID
	commit      int64
	destruction int64 // number of the last one
	gone        []uuid.UUID
}

// older reports whether a state lacks what was known before it was requested.
func (s *state) older(known vault.Binding, destruction int64) bool {
	return s.destruction < destruction || s.log != nil && *s.log == known.Log && uint64(s.commit) < known.Commit //nolint:gosec // written by Bind
}
