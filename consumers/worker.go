package consumers

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"accountledger/domain"
	"accountledger/journal"
	"accountledger/leases"
)

// errAgain is the nack of a page: the log is read again from the consumer's checkpoint.
var errAgain = errors.New("consumers: read again from the checkpoint")

// worker is one consumer at work.
type worker struct {
	runner   *Runner
	consumer Consumer
	log      *slog.Logger

	// turn is held while the consumer is worked on: by its handler, or by a caller that holds it up.
	turn chan struct{}
	// fresh says that the pages that come follow the consumer's checkpoint. It belongs to the turn.
	fresh bool

	mu       sync.Mutex
	state    State
	reason   string
	since    time.Time // of the state
	position journal.Position
	moved    chan struct{}  // closed when position or state change
	lost     error          // why the consumer must recover before it goes on
	stuck    domain.EventID // at which it has stopped, zero when at none; it counts while the state is Stopped
	// unreadable is the event before which it waits because nobody can read it, and troubled since when it has stood where it is.
	unreadable domain.EventID
	troubled   time.Time
	held       int
	interrupt  chan struct{} // closed when somebody wants the turn
	// lease is that of a consumer whose work is shared, from when it was taken until it is given back; nil otherwise.
	lease *leases.Lease
	taken time.Time // when that was
	// cut ends the reading under way, nil when there is none; leaving says that the lease is to be given back then.
	cut     context.CancelFunc
	leaving bool
	free    time.Time // since when nobody has been seen to hold the lease; zero while somebody does
	offered chan *leases.Lease
}

func newWorker(r *Runner, c Consumer) *worker {
	return &worker{runner: r, consumer: c, log: r.Log.With("consumer", c.Name), turn: make(chan struct{}, 1), state: Waiting, reason: "it has not been started",
		since: r.Now(), moved: make(chan struct{}), interrupt: make(chan struct{}), offered: make(chan *leases.Lease, 1)}
}

// take waits for the turn.
func (w *worker) take(ctx context.Context) error {
	select {
	case w.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (w *worker) give() { <-w.turn }

// from gives the consumer's checkpoint, once it has one that fits.
func (w *worker) from(ctx context.Context) (journal.Checkpoint, error) {
	for {
		at, err := w.start(ctx)
		if errors.Is(err, ErrPasses) && ctx.Err() == nil { // asking again has waited already
			w.waits(err)
			continue
		}
		if !errors.Is(err, errStop) {
			return at, err
		}
		if err := w.rest(ctx); err != nil {
			return at, err
		}
	}
}

// start gives the checkpoint to read from, after a recovery if one is needed.
func (w *worker) start(ctx context.Context) (at journal.Checkpoint, err error) {
	if err := w.take(ctx); err != nil {
		return at, err
	}
	defer w.give()
	if err := w.recover(ctx); err != nil {
		return at, err
	}
	at, err = w.checkpoint(ctx)
	var fault *EventError
	switch {
	case err == nil:
		w.fresh = true
		w.reach(at.Position)
	case errors.As(err, &fault):
		w.stop("what it stores cannot be filled", fault)
		return at, errStop
	case errors.Is(err, ErrUnusable):
		w.lose(err)
	}
	return at, err
}

func (w *worker) checkpoint(ctx context.Context) (at journal.Checkpoint, err error) {
	defer Guard(&err)
	return w.consumer.Checkpoint(ctx)
}

// recover lets a consumer begin again whose checkpoint was lost.
func (w *worker) recover(ctx context.Context) error {
	w.mu.Lock()
	why := w.lost
	w.mu.Unlock()
	if why == nil {
		return nil
	}
	if w.consumer.Recover == nil {
		w.stop("it cannot recover", why)
		return errStop
	}
	w.log.Warn("consumer starts over", "reason", why.Error())
	if err := w.consumer.Recover(ctx, why); err != nil {
		return err
	}
	w.lose(nil)
	return nil
}

func (w *worker) lose(why error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lost = why
}

// waits is told by the subscription why it cannot hand out pages, and nil when it can.
func (w *worker) waits(err error) {
	if OfAnotherLog(err) {
		w.lose(err)
	}
	if err != nil {
		w.trouble(err)
	}
	var foreign *journal.UnreadableEventError
	w.mu.Lock()
	defer w.mu.Unlock()
	w.unreadable = domain.EventID{}
	if errors.As(err, &foreign) {
		w.unreadable = foreign.Event
	}
	if err != nil && w.troubled.IsZero() {
		w.troubled = w.runner.Now()
	}
	if w.state == Stopped || w.held > 0 {
		return
	}
	if err == nil {
		w.become(Running, "")
	} else {
		w.become(Waiting, err.Error())
	}
}

// handle deals with one message: a page. A nil answer acknowledges it.
func (w *worker) handle(m *message.Message) error {
	ctx := m.Context()
	if w.take(ctx) != nil {
		return errAgain
	}
	err := errAgain
	if w.fresh && !w.runner.isClosing() && ctx.Err() == nil && w.ours() {
		err = w.work(ctx, journal.PageOf(m))
	}
	w.give()
	if errors.Is(err, errStop) {
		_ = w.rest(ctx)
		err = errAgain
	}
	if err != nil {
		return errAgain
	}
	return nil
}

// restPauses is how many pauses lie between two looks whether the event at which a consumer has stopped was skipped.
const restPauses = 4

// rest keeps a stopped consumer where it is until somebody held it up, an operator skipped the event at which it has
// stopped, or the runner closes.
func (w *worker) rest(ctx context.Context) error {
	tick := time.NewTicker(restPauses * w.runner.Pause)
	defer tick.Stop()
	for {
		w.mu.Lock()
		state, moved, stuck := w.state, w.moved, w.stuck
		w.mu.Unlock()
		if state != Stopped {
			return nil
		}
		select {
		case <-moved:
		case <-tick.C:
			if w.isSkipped(ctx, stuck) {
				w.log.Warn("consumer goes on past the event at which it had stopped: an operator skipped it", "event", stuck.String())
				w.set(Waiting, "it goes on past an event that was skipped")
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// isSkipped says whether the consumer may go on past an event. While that cannot be asked, it may not.
func (w *worker) isSkipped(ctx context.Context, event domain.EventID) bool {
	if w.consumer.Skipped == nil || event.IsZero() {
		return false
	}
	skipped, err := w.consumer.Skipped(ctx, event)
	return err == nil && skipped
}

// set says how the consumer is.
func (w *worker) set(state State, reason string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.become(state, reason)
}

func (w *worker) become(state State, reason string) {
	if w.held > 0 && state != Rebuilding {
		return
	}
	if w.state != state {
		w.since = w.runner.Now()
		w.signal()
	}
	w.state, w.reason = state, reason
}

// now is the consumer's state.
func (w *worker) now() State {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.state
}

// reach lets the consumer run on from a position, in one step: those who wait for the position see it running there.
func (w *worker) reach(to journal.Position) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.become(Running, "")
	if w.position != to {
		w.troubled, w.unreadable = time.Time{}, domain.EventID{}
	}
	w.position = to
	w.signal()
}

func (w *worker) signal() {
	close(w.moved)
	w.moved = make(chan struct{})
}
