package consumers

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill/message"

	"accountledger/domain"
	"accountledger/journal"
	"accountledger/leases"
)

// Options of a runner.
type Options struct {
	Journal *journal.Journal
	Log     *slog.Logger
	// Now is the clock by which lags in seconds are told.
	Now func() time.Time
	// Pause lies between the first try and the second, 250 ms if it is 0; it doubles up to 128 times that.
	Pause time.Duration
	// Leases are set where other processes run the same consumers: those that are Leased work only while this process has
	// their lease. Nil: all are this process's.
	Leases *leases.Keeper
	// Trouble is told of every error that keeps a consumer from going on, whether it passes or not. Nil: nobody is.
	Trouble func(consumer string, err error)
	// CloseTimeout bounds how long Close waits for pages under way, 30 s if it is 0.
	CloseTimeout time.Duration
}

// Runner runs consumers in one Watermill router, until it is closed. It is safe for concurrent use.
type Runner struct {
	Options
	workers []*worker
	byName  map[string][]*worker // by the consumer's name, and by that of what it is a part of

	mu      sync.Mutex
	router  *message.Router
	closing chan struct{}
	ended   chan struct{} // closed once Run has returned, nil before it was called
}

// New makes a runner of these consumers. Their names must differ.
func New(o Options, consumers ...Consumer) (*Runner, error) {
	if o.Pause <= 0 {
		o.Pause = 250 * time.Millisecond
	}
	if o.Trouble == nil {
		o.Trouble = func(string, error) {}
	}
	r := &Runner{Options: o, byName: map[string][]*worker{}, closing: make(chan struct{})}
	for _, c := range consumers {
		if r.byName[c.Name] != nil {
			return nil, fmt.Errorf("consumers: two consumers are called %s", c.Name)
		}
		w := newWorker(r, c)
		r.workers, r.byName[c.Name] = append(r.workers, w), []*worker{w}
	}
	for _, w := range r.workers {
		if whole := w.consumer.PartOf; whole != "" && whole != w.consumer.Name {
			r.byName[whole] = append(r.byName[whole], w)
		}
	}
	return r, nil
}

// Run runs the consumers until ctx ends or Close is called, and returns once the pages under way are finished.
// It can be called once. A consumer that stops does not end it.
func (r *Runner) Run(ctx context.Context) error {
	router, err := r.start()
	if err != nil || router == nil {
		return err
	}
	defer close(r.ended)
	stop := context.AfterFunc(ctx, func() { _ = r.Close() })
	defer stop()
	// They get no context that ends: they are closed, so that pages under way are finished.
	lasting := context.WithoutCancel(ctx)
	defer r.balance(lasting)()
	return router.Run(lasting)
}

func (r *Runner) start() (*message.Router, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.ended != nil:
		return nil, fmt.Errorf("consumers: it was run before")
	case r.isClosing():
		return nil, nil
	}
	// Watermill would log every nack as an error; the workers know better what to say.
	router, err := message.NewRouter(message.RouterConfig{CloseTimeout: r.CloseTimeout}, watermill.NopLogger{})
	if err != nil {
		return nil, fmt.Errorf("consumers: %w", err)
	}
	for _, w := range r.workers {
		name := w.consumer.Name
		router.AddConsumerHandler(name, name, w.subscriber(), w.handle)
	}
	r.router, r.ended = router, make(chan struct{})
	return router, nil
}

func (r *Runner) isClosing() bool {
	select {
	case <-r.closing:
		return true
	default:
		return false
	}
}

// Close stops reading, finishes the pages under way and waits for Run to return. A page that is tried again and again
// is left to the next start. It can be called twice.
func (r *Runner) Close() error {
	r.mu.Lock()
	if !r.isClosing() {
		close(r.closing)
	}
	router := r.router
	r.mu.Unlock()
	if router == nil {
		return nil
	}
	<-router.Running()
	if err := router.Close(); err != nil {
		return fmt.Errorf("consumers: %w", err)
	}
	// The router may return while a page that it had just handed out is begun.
	for _, w := range r.workers {
		w.turn <- struct{}{}
		<-w.turn
	}
	return nil
}

// StoppedAt gives the events at which a consumer, or parts of a view, have stopped in this process; none while they go on.
func (r *Runner) StoppedAt(name string) []domain.EventID {
	var out []domain.EventID
	for _, w := range r.byName[name] {
		w.mu.Lock()
		if w.state == Stopped && !w.stuck.IsZero() {
			out = append(out, w.stuck)
		}
		w.mu.Unlock()
	}
	return out
}

// Stuck says whether a consumer of this process stands before an event that it cannot digest, or that nobody can read.
func (r *Runner) Stuck(name string) bool {
	for _, w := range r.byName[name] {
		w.mu.Lock()
		stuck := w.state == Stopped || !w.unreadable.IsZero()
		w.mu.Unlock()
		if stuck {
			return true
		}
	}
	return false
}

// named gives the workers of a consumer, or of all parts of something.
func (r *Runner) named(name string) ([]*worker, error) {
	all := r.byName[name]
	if len(all) == 0 {
		return nil, fmt.Errorf("%w: %s", ErrUnknown, name)
	}
	return all, nil
}
