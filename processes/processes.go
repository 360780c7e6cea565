package processes

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/journal"
)

// Deps is what processes work on.
type Deps struct {
	Journal *journal.Journal
	Menu    *commands.Menu
	Now     func() time.Time
	Log     *slog.Logger
	// Path is the list's file.
	Path string
}

const (
	// patience is how long whoever began a chain is left to finish it.
	patience = 2 * time.Second
	// longest is the longest wait before the list is looked at again, whatever the clock did.
	longest = time.Minute
	// atOnce bounds what is settled in one round.
	atOnce = 64
	// retainEvery is how often keys are looked at whose time may be over.
	retainEvery = 6 * time.Hour
)

// Processes is a consumer of the log, and the clock that settles what is due.
type Processes struct {
	Deps
	list *list
	wake chan struct{}
}

// Open opens the list, empty when there is none.
func Open(ctx context.Context, d Deps) (*Processes, error) {
	l, err := openList(ctx, d.Path)
	if err != nil {
		return nil, err
	}
	return &Processes{Deps: d, list: l, wake: make(chan struct{}, 1)}, nil
}

// Recover begins the list anew: its checkpoint belongs to another log, or cannot be read.
func (p *Processes) Recover(ctx context.Context, _ error) error { return p.list.clear(ctx) }

// Close frees the list.
func (p *Processes) Close() error { return p.list.close() }

// Name is the consumer's.
func (p *Processes) Name() string { return "processes" }

// Checkpoint is where the list stands.
func (p *Processes) Checkpoint(ctx context.Context) (journal.Checkpoint, error) {
	return p.list.checkpoint(ctx)
}

// Waiting is how many deadlines there are.
func (p *Processes) Waiting(ctx context.Context) (int, error) { return p.list.count(ctx) }

// Handle brings the list up to a page of the log.
func (p *Processes) Handle(ctx context.Context, page journal.Page) error {
	var changes []change
	for _, r := range page.Records {
		if c, ok := changeOf(r.Fact, p.Now()); ok {
			changes = append(changes, c)
		}
	}
	if err := p.list.apply(ctx, changes, page.Checkpoint); err != nil {
		return err
	}
	if len(changes) > 0 {
		p.poke()
	}
	return nil
}

func (p *Processes) poke() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// changeOf is what an event does to the list.
func changeOf(f domain.Fact, now time.Time) (change, bool) {
	if e, ok := f.Event.(domain.DeviceUnlinked); ok {
		return change{devices, e.Device.UUID, now.Add(patience)}, true
	}
	_, text, _ := strings.Cut(f.Stream, "-")
	id, err := uuid.Parse(text)
	if err != nil {
		return change{}, false
	}
	soon := now.Add(patience)
	switch e := f.Event.(type) {
	case domain.SignUpRequested:
		return change{signUps, id, f.At.Add(domain.SignUpLifetime)}, true
	case domain.VerificationPassed: // a sign-up's verification has its id
		return change{signUps, id, soon}, true
	case domain.SignUpCompleted, domain.SignUpLapsed:
		return change{signUps, id, soon}, true // once more, to see that what it held is destroyed
	case domain.ErasureRequested:
		return change{erasures, id, e.Due}, true
	case domain.ErasureStarted:
		return change{erasures, id, soon}, true
	case domain.ErasureCancelled, domain.ErasureCompleted:
		return change{erasures, id, time.Time{}}, true
	}
	return change{}, false
}

// Run settles what is due until ctx ends.
func (p *Processes) Run(ctx context.Context) error {
	var retained time.Time
	for {
		if now := p.Now(); now.Sub(retained) >= retainEvery || retained.After(now) {
			if _, err := p.Menu.Retain(ctx, request(), struct{}{}); err != nil {
				p.Log.Error("keys whose time is over could not be destroyed", "error", err.Error())
			} else {
				retained = now
			}
		}
		next, err := p.round(ctx)
		if err != nil && ctx.Err() == nil {
			p.Log.Error("the list of deadlines could not be read", "error", err.Error())
		}
		t := time.NewTimer(min(max(next, 0), longest))
		select {
		case <-ctx.Done():
			t.Stop()
			return nil
		case <-p.wake:
			t.Stop()
		case <-t.C:
		}
	}
}

// round settles what is due now and gives the time to the next.
func (p *Processes) round(ctx context.Context) (time.Duration, error) {
	due, next, err := p.list.due(ctx, p.Now(), atOnce)
	if err != nil {
		return time.Second, err
	}
	var all sync.WaitGroup
	slots := make(chan struct{}, 4)
	for _, d := range due {
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			p.settle(ctx, d)
		})
	}
	all.Wait()
	switch {
	case len(due) == atOnce:
		return 0, ctx.Err()
	case next.IsZero():
		return longest, ctx.Err()
	}
	return next.Sub(p.Now()), ctx.Err()
}

// settle asks for one thing to be settled, and puts it off when that fails.
func (p *Processes) settle(ctx context.Context, d deadline) {
	var err error
	var left bool
	switch d.kind {
	case signUps:
		var a commands.Answer[commands.SettledSignUp]
		a, err = p.Menu.SettleSignUp(ctx, request(), commands.SettleSignUp{ID: domain.SignUpID{UUID: d.id}})
		left = !a.Value.Ended
	case devices:
		_, err = p.Menu.SettleUnlinked(ctx, request(), commands.SettleUnlinked{Device: domain.DeviceID{UUID: d.id}})
	case erasures:
		var a commands.Answer[commands.ErasureView]
		a, err = p.Menu.SettleErasure(ctx, request(), commands.SettleErasure{Account: domain.AccountID{UUID: d.id}})
		left = a.Value.State == domain.ErasureWaiting
	}
	if err == nil && !left {
		err = p.list.remove(ctx, d)
	} else if err == nil {
		err = p.list.later(ctx, d, p.Now().Add(time.Second)) // the list was ahead of the clock
	}
	if err == nil || ctx.Err() != nil {
		return
	}
	p.Log.Error("could not be settled; it is tried again", "process", string(d.kind), "id", d.id.String(), "tries", d.tries+1, "error", err.Error())
	if err := p.list.later(ctx, d, p.Now().Add(backoff(d.tries))); err != nil {
		p.Log.Error("the list of deadlines could not be written", "error", err.Error())
	}
}

func backoff(tries int) time.Duration { return min(time.Second<<min(tries, 9), 5*time.Minute) }

func request() commands.Request {
	return commands.Request{Caller: domain.System(), Channel: domain.ChannelProcess, Operation: "settle"}
}
