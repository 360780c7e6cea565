package commands

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"accountledger/domain"
	"accountledger/journal"
)

// Limit is how many events a window allows.
type Limit struct {
	Events int
	Window time.Duration
}

// limiter counts refusals in windows, in memory: a restart forgets the current window.
type limiter struct {
	now     func() time.Time
	raising sync.Mutex  // one profile at a time
	raised  atomic.Bool // a profile is in force
	mu      sync.Mutex
	by      *lru.Cache[limitKey, *window]
}

type limitKey struct {
	hash [32]byte
	kind domain.AttemptKind
}

type window struct {
	ends     time.Time
	events   int
	recorded bool
}

const limitedAtOnce = 1 << 16

func newLimiter(now func() time.Time) *limiter {
	c, err := lru.New[limitKey, *window](limitedAtOnce)
	if err != nil {
		panic(err) // only for a size below 1
	}
	return &limiter{now: now, by: c}
}

// current is the key's current window; a new one if the last is over. The caller holds mu.
func (l *limiter) current(key limitKey, limit Limit) *window {
	now := l.now()
	w, ok := l.by.Get(key)
	if !ok || !now.Before(w.ends) || w.ends.Sub(now) > limit.Window {
		w = &window{ends: now.Add(limit.Window)}
		l.by.Add(key, w)
	}
	return w
}

// over reports whether a key has reached its limit, and for how many more seconds.
func (l *limiter) over(key limitKey, limit Limit) (bool, int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	w := l.current(key, limit)
	return w.events >= limit.Events, int(w.ends.Sub(l.now()).Seconds()) + 1
}

// count counts a refusal and reports whether it is the first to reach the limit of its window.
func (l *limiter) count(key limitKey, limit Limit) (first bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	w := l.current(key, limit)
	w.events++
	if w.events < limit.Events || w.recorded {
		return false
	}
	w.recorded = true
	return true
}

// attemptsHash names the attempts at an identifier on a day, under the day's key: it is meaningless once that is destroyed.
func (c *core) attemptsHash(ctx context.Context, digest [32]byte, day domain.Day) ([32]byte, error) {
	key, err := c.dayKey(ctx, day)
	if err != nil {
		return [32]byte{}, err
	}
	return key.MAC([]byte("attempts"), digest[:]), nil
}

// signInLimit is one of the limits on refused sign-ins.
type signInLimit struct {
	key    limitKey
	limit  Limit
	stream [32]byte // of attempts
}

// manyPlaces is how many times more attempts at an identifier are allowed from all addresses together than from one, so that
// nobody can lock out its owner from elsewhere.
const manyPlaces = 15

// signInLimits are the limits on refused sign-ins at an identifier: from one address, and from all.
func (k *call) signInLimits(ctx context.Context, digest [32]byte) ([]signInLimit, error) {
	hash, err := k.attemptsHash(ctx, digest, domain.DayOf(k.now))
	if err != nil {
		return nil, err
	}
	key, err := k.dayKey(ctx, domain.DayOf(k.now))
	if err != nil {
		return nil, err
	}
	here := key.MAC([]byte("attempts from"), digest[:], []byte(k.Client.Address))
	one := k.Config.SignIns
	all := Limit{Events: one.Events * manyPlaces, Window: one.Window}
	return []signInLimit{{limitKey{here, domain.AttemptSignIn}, one, hash}, {limitKey{hash, domain.AttemptSignIn}, all, hash}}, nil
}

// overAny returns the seconds to wait if one of the limits is reached, otherwise 0.
func (k *call) overAny(limits []signInLimit) int {
	for _, l := range limits {
		if over, seconds := k.limits.over(l.key, k.limits.inForce(l.limit)); over {
			return seconds
		}
	}
	return 0
}

// refusedAny counts a refused sign-in against all limits.
func (k *call) refusedAny(ctx context.Context, limits []signInLimit) error {
	var errs []error
	for _, l := range limits {
		errs = append(errs, k.refusedUnder(ctx, l.key, l.stream, l.limit))
	}
	return errors.Join(errs...)
}

// refused counts a refused attempt, and records once per window that the limit is reached. It never touches the account, so
// refusals do not slow the account down.
func (k *call) refused(ctx context.Context, hash [32]byte, kind domain.AttemptKind, limit Limit) error {
	return k.refusedUnder(ctx, limitKey{hash, kind}, hash, limit)
}

func (k *call) refusedUnder(ctx context.Context, key limitKey, hash [32]byte, limit Limit) error {
	limit = k.limits.inForce(limit)
	if !k.limits.count(key, limit) {
		return nil
	}
	// Always, since one command can reach two limits, both recorded in this stream; count sees to it that each is recorded once.
	_, err := change[*domain.Attempts]{stream: k.attemptsStream(hash, domain.DayOf(k.now)), always: true,
		decide: func(context.Context, *domain.Attempts, journal.Head) ([]any, error) {
			return []any{domain.AttemptsLimited{Attempt: key.kind, Limit: limit.Events, Seconds: int(limit.Window.Seconds())}}, nil
		}}.by(ctx, k)
	return err
}
