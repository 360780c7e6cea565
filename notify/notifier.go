package notify

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"accountledger/domain"
	"accountledger/journal"
)

// Notifier is the consumer that sends messages. It is safe for concurrent use; Handle is called by one goroutine.
type Notifier struct {
	Options
	keeping keeping
	marks   marks
	// caughtUp is the end of the log when the notifier was opened: messages before it may have been started by an earlier run.
	caughtUp journal.Position

	slots   chan struct{} // one per message that has not ended
	senders chan struct{} // one per message in progress
	jobs    sync.WaitGroup
	running running

	sending context.Context    //nolint:containedctx // tries outlive the page that started them
	abort   context.CancelFunc // of tries
	waiting context.Context    //nolint:containedctx // likewise
	stop    context.CancelFunc // of everything but tries
	dirty   chan struct{}
	saver   sync.WaitGroup
	saving  sync.Mutex
	saved   journal.Checkpoint
	once    sync.Once
	err     error
}

// Open makes a notifier at its checkpoint. Without a usable one (none, damaged, of another log) it starts at the head of the log and
// logs that, so that nobody gets old messages. Close it.
func Open(ctx context.Context, o Options) (*Notifier, error) {
	return open(ctx, o, inFile(o.Path))
}

func open(ctx context.Context, o Options, k keeping) (*Notifier, error) {
	o.setDefaults()
	n := &Notifier{Options: o, keeping: k, slots: make(chan struct{}, o.Pending), senders: make(chan struct{}, o.Senders), dirty: make(chan struct{}, 1)}
	n.running.by = map[domain.EventID]*job{}
	head, err := o.Journal.Head(ctx)
	if err != nil {
		return nil, err
	}
	if head.Log, err = o.Journal.LogID(ctx); err != nil { // the head of an empty log does not name the log
		return nil, err
	}
	n.caughtUp = head.Position
	if err := n.begin(head); err != nil {
		return nil, err
	}
	background := context.WithoutCancel(ctx)
	n.sending, n.abort = context.WithCancel(background)
	n.waiting, n.stop = context.WithCancel(n.sending)
	n.saver.Go(n.save)
	return n, nil
}

// begin finds where to start reading.
func (n *Notifier) begin(head journal.Checkpoint) error {
	at, err := n.keeping.load()
	switch {
	case err == nil && at.Log == head.Log && at.Position.Compare(head.Position) <= 0:
		n.marks.reset(at)
		n.saved = at
		return nil
	case err == nil:
		return n.startAtHead(head, "the checkpoint is of another log")
	case errors.Is(err, errNoCheckpoint):
		return n.startAtHead(head, err.Error())
	}
	return err
}

// startAtHead stores the new checkpoint at once, so that the next start misses no message from now on.
func (n *Notifier) startAtHead(head journal.Checkpoint, reason string) error {
	level := slog.LevelInfo
	if head.Position == (journal.Position{}) { // a new ledger: nothing was asked for before
		level = slog.LevelDebug
	}
	n.Log.Log(context.Background(), level, "messages: starting at the head of the log; what was asked for before is not sent", "reason", reason, "position", head.Position.String())
	n.marks.reset(head)
	return n.store(head)
}

// Name is the consumer's.
func (n *Notifier) Name() string { return "notify" }

// Checkpoint is where a restart continues: before the oldest message that has not ended.
func (n *Notifier) Checkpoint(context.Context) (journal.Checkpoint, error) {
	return n.marks.checkpoint(), nil
}

// Recover starts again at the head, if the checkpoint does not fit the log.
func (n *Notifier) Recover(ctx context.Context, _ error) error {
	head, err := n.Journal.Head(ctx)
	if err != nil {
		return err
	}
	if head.Log, err = n.Journal.LogID(ctx); err != nil {
		return err
	}
	return n.startAtHead(head, "the checkpoint does not fit the log")
}

// Handle starts the messages of a page and returns without waiting for them, unless too many are pending. A repeated page starts
// nothing twice. Errors: ctx's, ErrClosed, or that of a mailbox that could not delete somebody's messages.
func (n *Notifier) Handle(ctx context.Context, page journal.Page) error {
	for _, r := range page.Records {
		if n.marks.passed(r.Position) {
			continue
		}
		if err := n.take(ctx, page.Checkpoint, r); err != nil {
			return err
		}
	}
	n.marks.advance(page.Checkpoint)
	n.changed()
	return nil
}

func (n *Notifier) take(ctx context.Context, page journal.Checkpoint, r journal.Record) error {
	at := journal.Checkpoint{Log: page.Log, Position: r.Position, Event: r.ID.UUID}
	if err := n.forget(r.Fact); err != nil {
		return err
	}
	if ask, ok := asked(r.Fact); ok {
		j := &job{n: n, cause: r.Fact, ask: ask}
		j.next = j.deliver
		return n.spawn(ctx, at, j, j.run)
	}
	if _, ok := r.Event.(domain.DeliveryAttempted); ok && r.Position.Compare(n.caughtUp) <= 0 {
		j := &job{n: n, cause: r.Fact}
		j.next = j.settle
		return n.spawn(ctx, at, j, func() bool { return n.left(r.Causation) && j.run() })
	}
	n.marks.advance(at)
	return nil
}

// spawn runs a job in the background; its event is marked until the message has ended.
func (n *Notifier) spawn(ctx context.Context, at journal.Checkpoint, j *job, run func() bool) error {
	select {
	case n.slots <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	case <-n.waiting.Done():
		return ErrClosed
	}
	m := n.marks.begin(at, j.cause.At)
	n.running.add(j)
	n.jobs.Go(func() {
		defer func() { <-n.slots }()
		ended := run()
		n.running.remove(j)
		if ended {
			n.marks.end(m)
			n.changed()
		}
	})
	return nil
}

// forget tells a channel that keeps messages that a person or a lapsed sign-up is gone.
func (n *Notifier) forget(f domain.Fact) error {
	keeps, ok := n.Channel.(Forgetter)
	if !ok {
		return nil
	}
	switch f.Event.(type) {
	case domain.SignUpLapsed:
		request := domain.SignUp{Fact: domain.Fact{ID: f.Correlation}}
		return keeps.Forget(request.AccountOf())
	case domain.ErasureCompleted:
		return keeps.Forget(f.Subject)
	}
	return nil
}

// Status is the notifier's status, besides how far it has read. It holds nothing personal.
type Status struct {
	// Pending is how many messages are in progress or wait for another try.
	Pending int
	// Oldest is the time of the oldest pending message's event; zero if there is none.
	Oldest time.Time
	// Durable is where a restart would continue.
	Durable journal.Position
}

// Status returns the notifier's status.
func (n *Notifier) Status() Status {
	s := Status{}
	s.Pending, s.Oldest = n.marks.pending()
	n.saving.Lock()
	defer n.saving.Unlock()
	s.Durable = n.saved.Position
	return s
}

// Close starts no more tries, waits for those in progress until ctx ends and then cancels them, and stores the checkpoint. What has
// not ended continues after the next start. It can be called twice.
func (n *Notifier) Close(ctx context.Context) error {
	n.once.Do(func() {
		n.stop()
		defer context.AfterFunc(ctx, n.abort)()
		n.jobs.Wait()
		n.abort()
		n.saver.Wait()
		if n.keeping.held() {
			n.err = n.store(n.marks.checkpoint())
		}
	})
	return n.err
}
