package consumers

import (
	"context"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"accountledger/leases"
)

// endTimeout bounds what a consumer may take to end when it leaves its work to another process.
const endTimeout = 10 * time.Second

// subscriber reads the log for the consumer: without end, or where its work is shared, or what it stores can be exchanged,
// in periods.
func (w *worker) subscriber() message.Subscriber {
	moves := w.consumer.OnMove != nil
	if w.leased() == "" && !moves {
		return w.runner.Journal.Subscriber(w.from, w.waits, w.runner.Log)
	}
	if moves {
		w.consumer.OnMove(w.again)
	}
	return &periods{worker: w, closing: make(chan struct{})}
}

// leased gives the name of the consumer's lease, empty where it works without.
func (w *worker) leased() string {
	if w.runner.Leases == nil {
		return ""
	}
	return w.consumer.Lease
}

// ours says whether the consumer may work: it does without a lease, or holds it by the clocks as they are now.
func (w *worker) ours() bool {
	if w.leased() == "" {
		return true
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.lease != nil && w.lease.Held()
}

// again has the log read again from the consumer's checkpoint.
func (w *worker) again() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.cut != nil {
		w.cut()
	}
}

// leave has the lease given back once the page under way is finished.
func (w *worker) leave() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.leaving = true
	if w.cut != nil {
		w.cut()
	}
}

// periods is a subscription that begins and ends with the lease, and begins again when the consumer's checkpoint changed by
// itself. What is handed out belongs to one period: the context of a message ends with it.
type periods struct {
	worker  *worker
	closing chan struct{}
	once    sync.Once
	running sync.WaitGroup
}

// Subscribe hands out pages while the consumer may work.
func (p *periods) Subscribe(ctx context.Context, topic string) (<-chan *message.Message, error) {
	out := make(chan *message.Message)
	ctx, cancel := context.WithCancel(ctx)
	p.running.Go(func() {
		defer close(out)
		defer cancel()
		if p.worker.leased() == "" {
			for ctx.Err() == nil && p.read(ctx, topic, out) {
				continue
			}
			return
		}
		for {
			select {
			case lease := <-p.worker.offered:
				p.under(ctx, lease, topic, out)
			case <-ctx.Done():
				return
			}
		}
	})
	go func() {
		select {
		case <-p.closing:
			cancel()
		case <-ctx.Done():
		}
	}()
	return out, nil
}

// Close ends the period under way; the lease is given back.
func (p *periods) Close() error {
	p.once.Do(func() { close(p.closing) })
	p.running.Wait()
	p.worker.decline(context.Background())
	return nil
}

// under works while the lease is held.
func (p *periods) under(ctx context.Context, lease *leases.Lease, topic string, out chan<- *message.Message) {
	w := p.worker
	within, cancel := lease.Context(ctx)
	defer cancel()
	begun := w.begin(within, lease)
	for begun && within.Err() == nil && !w.isLeaving() && p.read(within, topic, out) {
		continue
	}
	cancel()
	w.turn <- struct{}{} // the page under way is finished
	if w.consumer.End != nil && begun {
		ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTimeout)
		w.consumer.End(ending)
		cancel()
	}
	w.fresh = false
	w.give()
	w.giveBack(ctx, lease)
}

// read hands out pages until the period is cut; false says that the log was closed instead.
func (p *periods) read(ctx context.Context, topic string, out chan<- *message.Message) bool {
	w := p.worker
	ctx, cut := context.WithCancel(ctx)
	defer cut()
	w.mu.Lock()
	w.cut = cut
	leaving := w.leaving
	w.mu.Unlock()
	defer func() {
		w.mu.Lock()
		w.cut = nil
		w.mu.Unlock()
	}()
	if leaving {
		return true
	}
	sub := w.runner.Journal.Subscriber(w.from, w.waits, w.runner.Log)
	in, err := sub.Subscribe(ctx, topic)
	if err != nil {
		return false
	}
	for m := range in {
		select {
		case out <- m:
		case <-ctx.Done():
		}
	}
	_ = sub.Close() // nothing is handed out any more
	return ctx.Err() != nil
}

// begin lets a consumer that needs the lease begin, and tries until it can.
func (w *worker) begin(ctx context.Context, lease *leases.Lease) bool {
	if w.consumer.Begin == nil {
		return ctx.Err() == nil
	}
	for n := 1; ; n++ {
		if w.take(ctx) != nil {
			return false
		}
		err := w.consumer.Begin(ctx, lease)
		w.give()
		if err == nil {
			return true
		}
		w.set(Waiting, err.Error())
		if w.pause(ctx, n) != nil && ctx.Err() != nil || w.isLeaving() {
			return false
		}
	}
}

func (w *worker) isLeaving() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.leaving
}

// giveBack leaves the work to others.
func (w *worker) giveBack(ctx context.Context, lease *leases.Lease) {
	reason := "the lease was given back"
	if !lease.Held() {
		reason = "the lease was lost"
	}
	w.log.Info("consumer leaves its work to other processes", "reason", reason)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTimeout)
	defer cancel()
	if err := lease.Release(ctx); err != nil { // it goes by itself
		w.log.Warn("a lease could not be given back", "reason", err.Error())
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lease, w.leaving, w.free = nil, false, time.Time{}
	w.become(Elsewhere, reason)
}

// decline gives back a lease that was taken and not used any more.
func (w *worker) decline(ctx context.Context) {
	select {
	case lease := <-w.offered:
		w.giveBack(ctx, lease)
	default:
	}
}
