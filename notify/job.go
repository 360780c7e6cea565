package notify

import (
	"context"
	"errors"
	"sync"
	"time"

	"accountledger/commands"
	"accountledger/domain"
)

// job is one message, from its event to the end of its delivery. It belongs to one goroutine.
type job struct {
	n     *Notifier
	cause domain.Fact
	ask   commands.Message
	next  func(context.Context) error // the next step: deliver or settle
	done  chan struct{}               // closed when the job has ended

	origin   domain.EventID // first event of the process: the sign-up's request
	delivery *delivery      // nil until found or started
	due      time.Time      // time of the next attempt
	outcome  any            // how the delivery ended, until that is recorded
	result   Result         // counted once the outcome is recorded
	failures int            // consecutive ones, of our own log and vault
}

// running holds the running jobs by their events.
type running struct {
	mu sync.Mutex
	by map[domain.EventID]*job
}

func (r *running) add(j *job) {
	j.done = make(chan struct{})
	r.mu.Lock()
	defer r.mu.Unlock()
	r.by[j.cause.ID] = j
}

func (r *running) remove(j *job) {
	r.mu.Lock()
	delete(r.by, j.cause.ID)
	r.mu.Unlock()
	close(j.done)
}

func (r *running) find(cause domain.EventID) *job {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.by[cause]
}

// A job's step ends with one of these, or with a temporary failure of our own log or vault.
var (
	// errEnded: the message has ended, or there is none.
	errEnded = errors.New("notify: the message has ended")
	// errStopped: the notifier stops; the next one continues.
	errStopped = errors.New("notify: stopped")
)

// pause says when the next step is due.
type pause struct{ d time.Duration }

func (pause) Error() string { return "notify: later" }

// longestTrouble is the longest pause after a failure of our own log or vault.
const longestTrouble = 30 * time.Second

// run takes steps until the message has ended and returns true; false means that the notifier stopped. A sender is held only
// during a step, so waiting messages do not block others.
func (j *job) run() bool {
	for {
		err := j.turn()
		var later pause
		switch {
		case errors.Is(err, errEnded):
			return true
		case errors.Is(err, errStopped), j.n.sending.Err() != nil:
			return false
		case errors.As(err, &later):
			j.failures = 0
		default:
			j.failures++
			later.d = min(pauses().After(j.failures), longestTrouble)
			j.n.Fault(err)
			j.n.Log.Warn("messages: log or vault failed; trying again", j.place(err)...)
		}
		if later.d > 0 && j.n.Wait(j.n.waiting, later.d) != nil {
			return false
		}
	}
}

// turn takes one step with a sender held.
func (j *job) turn() error {
	select {
	case <-j.n.waiting.Done():
		return errStopped
	default:
	}
	select {
	case j.n.senders <- struct{}{}:
		defer func() { <-j.n.senders }()
	case <-j.n.waiting.Done():
		return errStopped
	}
	if !j.n.keeping.held() { // a process that was frozen notices here
		return errStopped
	}
	return j.next(j.n.sending)
}

// deliver makes one attempt, or records the outcome of the last one.
func (j *job) deliver(ctx context.Context) error {
	if j.outcome != nil {
		return j.record(ctx)
	}
	m, err := j.pick(ctx)
	if err != nil {
		return err
	}
	if j.delivery == nil {
		if err := j.find(ctx, m); err != nil {
			return err
		}
	}
	if m.To == "" || j.delivery.kind != "" && m.Kind != j.delivery.kind {
		return j.end(ctx, domain.DeliveryFailed{Failure: domain.FailExpired}, Expired)
	}
	return j.attempt(ctx, m)
}

// pick asks for the message's current content. It can change: a newer code replaces an older one, and a sign-up that is already
// verified gets nothing. If the content cannot be found out while the code would be valid, the message is given up.
func (j *job) pick(ctx context.Context) (commands.MessageToSend, error) {
	request := commands.Request{Caller: domain.System(), Channel: domain.ChannelProcess, Operation: "message"}
	answer, err := j.n.Message(ctx, request, j.ask)
	m := answer.Value
	switch {
	case err != nil && j.n.Now().After(j.cause.At.Add(domain.CodeLifetime)):
		j.n.Log.Error("messages: given up, since its content could not be read in time", j.place(err)...)
		m = commands.MessageToSend{}
	case err != nil:
		return m, err
	case !j.n.Now().Before(m.Expires):
		m = commands.MessageToSend{}
	}
	if m.To == "" && j.delivery == nil {
		return m, errEnded
	}
	return m, nil
}

// originOf finds the first event of the process, to correlate what is recorded.
func (j *job) originOf(ctx context.Context) (domain.EventID, error) {
	if !j.origin.IsZero() {
		return j.origin, nil
	}
	j.origin = j.cause.ID
	for rec, err := range j.n.Journal.Read(ctx, domain.SignUpStream(j.ask.SignUp), 0) {
		if err != nil {
			j.origin = domain.EventID{}
			return j.origin, err
		}
		j.origin = rec.ID
		break
	}
	return j.origin, nil
}

// place describes a failure for the log: its place, and the error of our own log or vault. Neither holds anything personal.
func (j *job) place(err error) []any {
	cause := ""
	var refused *domain.Error
	if errors.As(err, &refused) && refused.Cause != nil {
		cause = refused.Cause.Error()
	}
	return []any{"stream", j.cause.Stream, "version", j.cause.Version, "error", err.Error(), "cause", cause}
}
