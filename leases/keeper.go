package leases

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/google/uuid"
)

const (
	// DefaultTTL is how long a lease holds without being renewed: when a process dies, others take over after it.
	DefaultTTL = 10 * time.Second
	// margin is the fraction of that time by which a holder gives up before the server does: clocks run at
	// different rates, and work under way takes a moment to end.
	margin = 10
	// renewals is how often a lease is renewed within its TTL, and retries how often after a failure.
	renewals, retries = 3, 12
	// leavePatience bounds how long Close tries to release what is held.
	leavePatience = 2 * time.Second
)

// Options of a keeper. A zero field takes its default.
type Options struct {
	// TTL is how long a lease holds: DefaultTTL. All processes must use the same.
	TTL time.Duration
	// Label is what operators see of this process: by default its host and process number.
	Label string
}

// Keeper holds the leases of one process. It is safe for concurrent use.
type Keeper struct {
	server Server
	ttl    time.Duration
	id     uuid.UUID
	label  string

	mu     sync.Mutex
	member bool
	held   map[string]*Lease
	closed bool

	life    context.Context // it is the life of the renewing
	end     context.CancelFunc
	started sync.Once
	renewer sync.WaitGroup
}

// New creates a process's keeper. It makes no request to the server until it is used. It must be closed.
func New(server Server, o Options) *Keeper {
	if o.TTL <= 0 {
		o.TTL = DefaultTTL
	}
	if o.Label == "" {
		host, err := os.Hostname()
		if err != nil {
			host = "unknown"
		}
		o.Label = fmt.Sprintf("%s:%d", host, os.Getpid())
	}
	k := &Keeper{server: server, ttl: o.TTL, id: uuid.New(), label: o.Label, held: map[string]*Lease{}}
	k.life, k.end = context.WithCancel(context.Background())
	return k
}

// TTL is how long a lease holds without being renewed.
func (k *Keeper) TTL() time.Duration { return k.ttl }

// Label is what operators see of this process.
func (k *Keeper) Label() string { return k.label }

func (k *Keeper) process() Process {
	k.mu.Lock()
	defer k.mu.Unlock()
	return Process{ID: k.id, Label: k.label, Member: k.member}
}

// Join makes this process one that shares in the work, until Close. If the server cannot be reached now,
// the keeper joins as soon as it can.
func (k *Keeper) Join(ctx context.Context) error {
	k.mu.Lock()
	k.member = true
	k.mu.Unlock()
	if err := k.start(); err != nil {
		return err
	}
	_, err := k.server.Renew(ctx, k.process(), k.ttl, nil)
	return err
}

// Acquire takes a lease: ErrHeld if any process has it, including this one.
func (k *Keeper) Acquire(ctx context.Context, name string) (*Lease, error) {
	if err := Check(name, nil); err != nil {
		return nil, err
	}
	if err := k.start(); err != nil {
		return nil, err
	}
	asked := time.Now()
	epoch, place, err := k.server.Acquire(ctx, k.process(), name, k.ttl)
	if err != nil {
		return nil, err
	}
	l := newLease(k, Ref{Name: name, Epoch: epoch}, place, asked)
	k.mu.Lock()
	closed := k.closed
	if !closed {
		k.held[name] = l
	}
	k.mu.Unlock()
	if closed {
		l.end()
		return nil, errors.Join(ErrClosed, k.server.Release(context.WithoutCancel(ctx), k.process(), l.ref))
	}
	return l, nil
}

// Wait takes a lease as soon as it is free, however long that takes; it tries ten times per
// TTL. Its error is ctx's, ErrInvalid or ErrClosed.
func (k *Keeper) Wait(ctx context.Context, name string) (*Lease, error) {
	tick := time.NewTicker(k.ttl / 10)
	defer tick.Stop()
	for {
		l, err := k.Acquire(ctx, name)
		if err == nil || errors.Is(err, ErrInvalid) || errors.Is(err, ErrClosed) {
			return l, err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// Look returns who holds what.
func (k *Keeper) Look(ctx context.Context) (Table, error) { return k.server.Look(ctx) }

// Close releases all that is held and ends the process's part in the work. Work under the leases must have
// stopped. It may be called twice, and leaves the server open.
func (k *Keeper) Close() error {
	k.mu.Lock()
	was := k.closed
	k.closed = true
	k.mu.Unlock()
	if was {
		return nil
	}
	k.started.Do(func() {}) // it cannot start any more
	k.end()
	k.renewer.Wait()
	all := k.holding()
	for _, l := range all {
		l.end()
	}
	ctx, cancel := context.WithTimeout(context.Background(), leavePatience)
	defer cancel()
	return k.server.Leave(ctx, k.process())
}

func (k *Keeper) start() error {
	k.mu.Lock()
	closed := k.closed
	k.mu.Unlock()
	if closed {
		return ErrClosed
	}
	k.started.Do(func() { k.renewer.Go(k.renew) })
	return nil
}

func (k *Keeper) holding() []*Lease {
	k.mu.Lock()
	defer k.mu.Unlock()
	all := make([]*Lease, 0, len(k.held))
	for _, l := range k.held {
		all = append(all, l)
	}
	return all
}

func (k *Keeper) forget(l *Lease) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.held[l.ref.Name] == l {
		delete(k.held, l.ref.Name)
	}
}

// renew extends all that is held until the keeper is closed.
func (k *Keeper) renew() {
	t := time.NewTimer(k.ttl / renewals)
	defer t.Stop()
	for {
		select {
		case <-t.C:
		case <-k.life.Done():
			return
		}
		next := k.ttl / renewals
		if k.renewOnce() != nil {
			next = k.ttl / retries
		}
		t.Reset(next)
	}
}

func (k *Keeper) renewOnce() error {
	all, who := k.holding(), k.process()
	if len(all) == 0 && !who.Member {
		return nil
	}
	refs := make([]Ref, len(all))
	for i, l := range all {
		refs[i] = l.ref
	}
	ctx, cancel := context.WithTimeout(k.life, k.ttl/renewals)
	defer cancel()
	asked := time.Now()
	kept, err := k.server.Renew(ctx, who, k.ttl, refs)
	if err != nil {
		return err
	}
	still := map[Ref]bool{}
	for _, r := range kept {
		still[r] = true
	}
	for _, l := range all {
		if still[l.ref] {
			l.renewed(asked)
		} else {
			l.end()
		}
	}
	return nil
}
