package effects

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"accountledger/consumers"
	"accountledger/journal"
)

// Runtime runs the jobs of the log's events. It is safe for concurrent use; Handle is called by one goroutine.
type Runtime struct {
	Options
	storage storage
	marks   marks
	slots   chan struct{} // one per job that has not ended
	behind  chan struct{} // likewise, of those that yield
	workers chan struct{} // one per step in progress
	quiet   chan struct{} // likewise, of jobs that yield, beside one of workers
	jobs    sync.WaitGroup

	acting  context.Context    // attempts outlive the page that started them
	abort   context.CancelFunc // of attempts
	waiting context.Context    // likewise
	stop    context.CancelFunc // of everything but attempts
	dirty   chan struct{}
	saver   sync.WaitGroup
	saving  sync.Mutex
	saved   journal.Checkpoint
	once    sync.Once
	err     error
}

// Open makes a runtime at its checkpoint. Without a usable one it starts at the head of the log and logs that, so that nothing
// old is done. Close it.
func Open(ctx context.Context, o Options) (*Runtime, error) {
	return open(ctx, o, inFile(o.Path))
}

func open(ctx context.Context, o Options, k storage) (*Runtime, error) {
	o.setDefaults()
	r := &Runtime{Options: o, storage: k, slots: make(chan struct{}, o.Pending), behind: make(chan struct{}, yieldingShare*o.Pending),
		workers: make(chan struct{}, o.Workers), quiet: make(chan struct{}, max(1, o.Workers/2)), dirty: make(chan struct{}, 1)}
	head, err := headOf(ctx, o.Journal)
	if err != nil {
		return nil, err
	}
	if err := r.begin(ctx, head); err != nil {
		return nil, err
	}
	background := context.WithoutCancel(ctx)
	r.acting, r.abort = context.WithCancel(background)
	r.waiting, r.stop = context.WithCancel(r.acting)
	r.saver.Go(r.save)
	return r, nil
}

// headOf gives the head of the log, which names the log even when it is empty.
func headOf(ctx context.Context, j Log) (head journal.Checkpoint, err error) {
	if head, err = j.Head(ctx); err != nil {
		return head, err
	}
	head.Log, err = j.LogID(ctx)
	return head, err
}

// begin finds where to start reading.
func (r *Runtime) begin(ctx context.Context, head journal.Checkpoint) error {
	at, err := r.storage.load()
	switch {
	case err == nil && at.Log == head.Log && at.Position.Compare(head.Position) <= 0:
		r.marks.reset(at)
		r.saved = at
		return nil
	case err == nil:
		return r.startAtHead(ctx, head, "the checkpoint is of another log")
	case errors.Is(err, errNoCheckpoint):
		return r.startAtHead(ctx, head, err.Error())
	}
	return err
}

// startAtHead stores the new checkpoint at once, so that the next start misses nothing from now on.
func (r *Runtime) startAtHead(ctx context.Context, head journal.Checkpoint, reason string) error {
	level := slog.LevelInfo
	if head.Position == (journal.Position{}) { // a new ledger: nothing was asked for before
		level = slog.LevelDebug
	}
	r.Log.Log(ctx, level, "starting at the head of the log; what was asked for before is not done", "consumer", r.Name, "reason", reason,
		"position", head.Position.String())
	r.marks.reset(head)
	return r.store(ctx, head)
}

// Consumer makes the runtime one.
func (r *Runtime) Consumer() consumers.Consumer {
	return consumers.Consumer{Name: r.Name, Checkpoint: r.Checkpoint, Handle: r.Handle, Recover: r.Recover}
}

// Checkpoint is where a restart continues: before the oldest event whose job has not ended.
func (r *Runtime) Checkpoint(context.Context) (journal.Checkpoint, error) {
	return r.marks.checkpoint(), nil
}

// Recover starts again at the head, if the checkpoint does not fit the log.
func (r *Runtime) Recover(ctx context.Context, _ error) error {
	head, err := headOf(ctx, r.Journal)
	if err != nil {
		return err
	}
	return r.startAtHead(ctx, head, "the checkpoint does not fit the log")
}

// Handle starts the jobs of a page and returns without waiting for them, unless too many are pending. A repeated page starts
// nothing twice. Errors: ctx's, ErrClosed, or Find's.
func (r *Runtime) Handle(ctx context.Context, page journal.Page) error {
	for _, rec := range page.Records {
		if r.marks.passed(rec.Position) {
			continue
		}
		at := journal.Checkpoint{Log: page.Checkpoint.Log, Position: rec.Position, Event: rec.ID.UUID}
		job, err := r.Find(rec.Fact)
		if err != nil {
			return err
		}
		if job == nil {
			r.marks.advance(at)
			continue
		}
		if err := r.spawn(ctx, at, &work{runtime: r, cause: rec.Fact, job: job}); err != nil {
			return err
		}
	}
	r.marks.advance(page.Checkpoint)
	r.changed()
	return nil
}

// spawn runs a job in the background; its event is marked until the job has ended.
func (r *Runtime) spawn(ctx context.Context, at journal.Checkpoint, w *work) error {
	w.place = r.slots
	if yields(w.job) {
		w.place = r.behind
	}
	select {
	case w.place <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	case <-r.waiting.Done():
		return ErrClosed
	}
	m := r.marks.begin(at, w.cause.At)
	r.jobs.Go(func() {
		defer func() { <-w.place }()
		ended := w.run()
		if ended {
			r.marks.end(m)
			r.changed()
		}
	})
	return nil
}

// Status is the runtime's status, besides how far it has read. It holds nothing personal.
type Status struct {
	// Pending is how many jobs are in progress or wait for another attempt.
	Pending int
	// Oldest is the time of the oldest pending job's event; zero if there is none.
	Oldest time.Time
	// Durable is where a restart would continue.
	Durable journal.Position
}

// Status returns the runtime's status.
func (r *Runtime) Status() Status {
	s := Status{}
	s.Pending, s.Oldest = r.marks.pending()
	r.saving.Lock()
	defer r.saving.Unlock()
	s.Durable = r.saved.Position
	return s
}

// Close starts no more attempts, waits for those in progress until ctx ends and then cancels them, and stores the checkpoint.
// What has not ended continues after the next start. It can be called twice.
func (r *Runtime) Close(ctx context.Context) error {
	r.once.Do(func() {
		r.stop()
		defer context.AfterFunc(ctx, r.abort)()
		r.jobs.Wait()
		r.abort()
		r.saver.Wait()
		if r.storage.held() {
			r.err = r.store(ctx, r.marks.checkpoint())
		}
	})
	return r.err
}
