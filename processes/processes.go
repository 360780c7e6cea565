package processes

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"accountledger/commands"
	"accountledger/consumers"
	"accountledger/domain"
	"accountledger/internal/backoff"
	"accountledger/journal"
	"accountledger/leases"
)

// Deps is what processes depend on.
type Deps struct {
	Journal *journal.Journal
	Menu    *commands.Menu
	Now     func() time.Time
	Log     *slog.Logger
	// Monotonic is a clock that cannot be set: how long the process has run. Default: the system's.
	Monotonic func() time.Duration
	// ClockJump is how far Now may be from the time expected from the log and the monotonic clock. Beyond it, nothing is destroyed by
	// time. Default: DefaultClockJump.
	ClockJump time.Duration
	// TrustClock is set where Now is moved on purpose: it is then always trusted.
	TrustClock bool
	// Path is the list's file.
	Path string
	// Leases are set if other processes can settle too: only the holder of the lease does, and the others keep their lists up to
	// date, to take over as soon as it is free. Nil: this process settles.
	Leases *leases.Keeper
	// Fault gets every error that keeps something from being settled in time, temporary or not; may be nil.
	Fault func(error)
	// Tell is how often the process that settles tells the others its progress. Default: 30 s.
	Tell time.Duration
	// FillEvents is how many events are read at most, while the list is filled, before what they change is written. Default: 1,048,576.
	FillEvents int
	// ReadOnly opens the list's file without changing it, even on a read-only file system. Only Checkpoint and Waiting can be used then.
	ReadOnly bool
}

const (
	// patience is how long the process that started a chain has to finish it.
	patience = 2 * time.Second
	// longest is the longest wait between two looks at the list, whatever the clock does.
	longest = time.Minute
	// atOnce is how much is settled in one round.
	atOnce      = 64
	defaultTell = 30 * time.Second
	// retainEvery is how often expired keys are looked for, and retainAgain how soon after a failure.
	retainEvery = 6 * time.Hour
	retainAgain = time.Minute
)

// Processes is a consumer of the log that settles what is due.
type Processes struct {
	Deps
	list  *list
	rules declaration
	wake  chan struct{}
	clock clock
	// turn is held while pages of the log are entered in the list. mending, guarded by turn, says that the list is being
	// rebuilt. filling is held while the list is filled.
	turn    sync.Mutex
	mending bool
	filling chan struct{}
}

// Open opens the list, empty if there is none or if it is damaged; then it is rebuilt from the log.
func Open(ctx context.Context, d Deps) (*Processes, error) {
	if d.Tell <= 0 {
		d.Tell = defaultTell
	}
	if d.FillEvents <= 0 {
		d.FillEvents = fillEvents
	}
	if d.ClockJump <= 0 {
		d.ClockJump = DefaultClockJump
	}
	if d.Monotonic == nil {
		began := time.Now()
		d.Monotonic = func() time.Duration { return time.Since(began) }
	}
	if d.Fault == nil {
		d.Fault = func(error) {}
	}
	p := &Processes{Deps: d, rules: deadlines(), filling: make(chan struct{}, 1), wake: make(chan struct{}, 1),
		clock: clock{bound: d.ClockJump, monotonic: d.Monotonic}}
	var err error
	if d.ReadOnly {
		p.list, err = readList(ctx, d.Path, d.Log)
	} else {
		p.list, err = openList(ctx, d.Path, d.Log, p.poke)
	}
	if err != nil {
		return nil, err
	}
	return p, nil
}

// Recover empties the list: its checkpoint belongs to another log or cannot be read.
func (p *Processes) Recover(ctx context.Context, _ error) error {
	p.clock.reset()
	return p.list.clear(ctx)
}

// Close frees the list.
func (p *Processes) Close() error { return p.list.close() }

// Consumer makes it one.
func (p *Processes) Consumer() consumers.Consumer {
	return consumers.Consumer{Name: "processes", Checkpoint: p.filled, Stored: p.Checkpoint, Handle: p.Handle, Recover: p.Recover}
}

// Checkpoint is the list's checkpoint.
func (p *Processes) Checkpoint(ctx context.Context) (journal.Checkpoint, error) {
	return p.list.checkpoint(ctx)
}

// Waiting is the number of deadlines.
func (p *Processes) Waiting(ctx context.Context) (int, error) { return p.list.count(ctx) }

// Handle applies a page of the log to the list. It returns ErrMending while Run rebuilds a damaged list; the page must be sent again.
func (p *Processes) Handle(ctx context.Context, page journal.Page) error {
	p.turn.Lock()
	defer p.turn.Unlock()
	if p.mending || p.list.damaged() != nil {
		return ErrMending
	}
	g, err := p.gather(ctx, journal.Checkpoint{})
	if err != nil {
		return err
	}
	p.add(g, page)
	return p.write(ctx, g)
}

func (p *Processes) poke() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// Run settles what is due until ctx ends; with Leases, only while it holds the lease.
func (p *Processes) Run(ctx context.Context) error {
	if p.Leases == nil {
		p.work(ctx, nil)
		return nil
	}
	for {
		lease, err := p.wait(ctx)
		if err != nil {
			return nil //nolint:nilerr // ctx has ended, or the leases were closed before
		}
		p.Log.Info("this process settles deadlines", "epoch", lease.Epoch())
		within, cancel := lease.Context(ctx)
		p.work(within, lease)
		cancel()
		if err := lease.Release(context.WithoutCancel(ctx)); err != nil {
			p.Log.Warn("could not release the lease for deadlines", "reason", err.Error())
		}
	}
}

// work settles what is due until ctx ends, under lease; nil if nobody else settles.
func (p *Processes) work(ctx context.Context, lease *leases.Lease) {
	var retained, told, last time.Time
	defer p.clock.idle()
	for ctx.Err() == nil {
		whole := p.mend(ctx)
		now, sure := p.judge(ctx)
		if now.Before(last.Add(-patience)) || last.IsZero() {
			if err := p.list.wentBack(ctx, now.Add(patience)); err != nil && ctx.Err() == nil {
				p.Fault(err)
				p.Log.Error("the list of deadlines could not be written", "error", err.Error())
			}
		}
		last = now
		if sure {
			retained = p.retain(ctx, now, retained)
		}
		next, err := p.round(ctx, lease, now, sure)
		if err != nil && ctx.Err() == nil {
			p.Fault(err)
			p.Log.Error("the list of deadlines could not be read", "error", err.Error())
		}
		next = min(max(next, 0), longest)
		if !whole || !p.clock.isLevel() {
			next = min(next, time.Second)
		}
		if lease != nil {
			if time.Since(told) >= p.Tell {
				told = time.Now()
				p.tell(ctx, lease)
			}
			next = min(next, p.Tell)
		}
		t := time.NewTimer(next)
		select {
		case <-ctx.Done():
		case <-p.wake:
		case <-t.C:
		}
		t.Stop()
	}
}

// retain destroys expired keys from time to time. It returns when it last did; after a failure, a time from which it is due in a minute.
func (p *Processes) retain(ctx context.Context, now, last time.Time) time.Time {
	if now.Sub(last) < retainEvery && !last.After(now) {
		return last
	}
	_, err := p.Menu.Retain(ctx, request(now), struct{}{})
	if err == nil {
		return now
	}
	if ctx.Err() == nil {
		p.Fault(err)
		p.Log.Error("expired keys could not be destroyed", "error", err.Error())
	}
	return now.Add(retainAgain - retainEvery)
}

// round settles what is due now and returns the time until the next. If the clock is not trusted, it only settles entries independent
// of time.
func (p *Processes) round(ctx context.Context, lease *leases.Lease, now time.Time, sure bool) (time.Duration, error) {
	due, next, err := p.list.due(ctx, now, sure, atOnce)
	if err != nil {
		return time.Second, err
	}
	var all sync.WaitGroup
	slots := make(chan struct{}, 4)
	again := make([]time.Time, len(due)) // when postponed entries are tried again
	for i, d := range due {
		slots <- struct{}{}
		if lease != nil && !lease.Held() { // a process that was frozen notices here
			<-slots
			break
		}
		all.Go(func() {
			defer func() { <-slots }()
			again[i] = p.settle(ctx, d, now)
		})
	}
	all.Wait()
	for _, at := range again {
		if !at.IsZero() && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	switch {
	case len(due) == atOnce:
		return 0, ctx.Err()
	case next.IsZero():
		return longest, ctx.Err()
	}
	return next.Sub(p.Now()), ctx.Err()
}

// settle settles one entry as of now. If that fails, it postpones the entry and returns until when.
func (p *Processes) settle(ctx context.Context, d deadline, now time.Time) (again time.Time) {
	var err error
	var left bool
	switch d.kind {
	case proofs:
		var a commands.Answer[commands.Settled]
		a, err = p.Menu.SettleVerification(ctx, request(now), commands.SettleVerification{ID: domain.VerificationID{UUID: d.id}})
		left = !a.Value.Ended
	case devices:
		_, err = p.Menu.SettleUnlinked(ctx, request(now), commands.SettleUnlinked{Device: domain.DeviceID{UUID: d.id}})
	case factors:
		_, err = p.Menu.SettleFactor(ctx, request(now), commands.SettleFactor{Factor: domain.FactorID{UUID: d.id}})
	case passwords:
		_, err = p.Menu.SettlePassword(ctx, request(now), commands.SettlePassword{Account: domain.AccountID{UUID: d.id}})
	case removals:
		var a commands.Answer[commands.Settled]
		a, err = p.Menu.SettleRemoval(ctx, request(now), commands.SettleRemoval{Claim: domain.ClaimID{UUID: d.id}})
		left = !a.Value.Ended
	case erasures:
		var a commands.Answer[commands.ErasureView]
		a, err = p.Menu.SettleErasure(ctx, request(now), commands.SettleErasure{Account: domain.AccountID{UUID: d.id}})
		left = a.Value.State == domain.ErasureWaiting && a.Position == (journal.Position{}) // else the person was told, which sets the next time
	}
	if err == nil && !left {
		err = p.list.remove(ctx, d)
	} else if err == nil {
		again = now.Add(pauses().After(d.tries + 1))
		err = p.list.later(ctx, d, again) // the list was ahead of the clock
	}
	if err == nil || ctx.Err() != nil {
		return again
	}
	p.Fault(err)
	p.Log.Error("could not be settled; trying again", "process", string(d.kind), "id", d.id.String(), "tries", d.tries+1, "error", err.Error())
	pause := pauses().After(d.tries + 1)
	var known *domain.Error
	if errors.As(err, &known) && known.Kind == domain.Unavailable {
		pause = min(pause, outage)
	}
	again = now.Add(pause)
	if err := p.list.later(ctx, d, again); err != nil {
		p.Fault(err)
		p.Log.Error("the list of deadlines could not be written", "error", err.Error())
	}
	return again
}

// outage is the longest pause between two tries while the log or the vault is unavailable, which is not the entry's fault.
const outage = 15 * time.Second

// pauses are between two tries to settle one entry.
func pauses() backoff.Steps {
	return backoff.Steps{First: time.Second, Longest: 5 * time.Minute, Factor: 2}
}

// request is the process's own, at a time that was judged.
func request(now time.Time) commands.Request {
	return commands.Request{Caller: domain.System(), Channel: domain.ChannelProcess, Operation: "settle", Time: now}
}
