package notify

import (
	"context"
	"errors"
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
	// caughtUp is the end of the log when the notifier was opened: what lies before may have been begun by
	// another run of it.
	caughtUp journal.Position

	slots   chan struct{} // one for each message that has not ended
	senders chan struct{} // one for each that is worked on
	jobs    sync.WaitGroup
	running running

	sending context.Context    //nolint:containedctx // tries outlive the page that asked for them
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

// Open makes a notifier that stands at its checkpoint. Without one that can be used (none, damaged, of another log) it stands
// at the head of the log and says so in the log: nobody is sent what was asked for long ago. Close it.
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
	if head.Log, err = o.Journal.LogID(ctx); err != nil { // an empty log's head does not name it
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

// begin finds where to read from.
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

// startAtHead stores the new checkpoint at once: what comes from now on must not be missed by the next start.
func (n *Notifier) startAtHead(head journal.Checkpoint, reason string) error {
	n.Log.Info("messages: starting at the head of the log; what was asked for before is not sent", "reason", reason, "position", head.Position.String())
	n.marks.reset(head)
	return n.store(head)
}

// Name is the consumer's.
func (n *Notifier) Name() string { return "notify" }

// Checkpoint is where a restart reads on from: before the oldest message that has not ended.
func (n *Notifier) Checkpoint(context.Context) (journal.Checkpoint, error) {
	return n.marks.checkpoint(), nil
}

// Recover begins again at the head, for when the checkpoint does not fit the log.
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

// Handle begins the messages that a page asks for and returns without waiting for them, unless too many wait
// already. A page that comes again begins nothing twice. Its error is ctx's, ErrClosed, or that of a mailbox
// that could not forget somebody.
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

// spawn runs a job beside the reader; its event is marked until run says that it has ended.
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

// forget passes on that a person or an unproven sign-up is gone, to a channel that keeps messages.
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

// Status is how the notifier is, beyond how far it has read. It holds nothing personal.
type Status struct {
	// Pending is how many messages are under way or wait for another try.
	Pending int
	// Oldest is when the oldest of them was asked for; zero when there is none.
	Oldest time.Time
	// Durable is where a restart would read on from.
	Durable journal.Position
}

// Status tells how the notifier is.
func (n *Notifier) Status() Status {
	s := Status{}
	s.Pending, s.Oldest = n.marks.pending()
	n.saving.Lock()
	defer n.saving.Unlock()
	s.Durable = n.saved.Position
	return s
}

// Close begins no more tries, waits for those under way until ctx ends and then breaks them off, and stores the checkpoint.
// What has not ended goes on after the next start. It can be called twice.
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
