package commands

import (
	"context"
	"sync"
	"time"

	"github.com/google/uuid"
	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/time/rate"

	"accountledger/domain"
)

// Bucket is how much one person may do: so many at once, and after that one each so often. The zero Bucket has no bound.
type Bucket struct {
	Burst int
	Every time.Duration
}

// buckets are people's, in this process. One that has not been used for long is full, and forgotten.
type buckets struct {
	mu sync.Mutex
	by *lru.Cache[uuid.UUID, *rate.Limiter]
}

// bucketsAtOnce bounds them. Who has one is signed in, so strangers cannot push out others' by inventing people.
const bucketsAtOnce = 1 << 16

func newBuckets() *buckets {
	return &buckets{by: newCache[uuid.UUID, *rate.Limiter](bucketsAtOnce)}
}

// take takes one from a person's bucket, or says how long to wait for it.
func (b *buckets) take(owner uuid.UUID, of Bucket, now time.Time) (wait time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	one, ok := b.by.Get(owner)
	if !ok {
		one = rate.NewLimiter(rate.Every(of.Every), of.Burst)
		b.by.Add(owner, one)
	}
	taken := one.ReserveN(now, 1)
	if wait = taken.DelayFrom(now); wait > 0 {
		taken.CancelAt(now)
	}
	return wait
}

// spend takes one of what somebody may do; the refusal says when to try again.
func (k *call) spend(from *buckets, of Bucket, owner uuid.UUID, refusal *domain.Error) error {
	if of == (Bucket{}) || k.profile.raised.Load() {
		return nil
	}
	if wait := from.take(owner, of, k.now); wait > 0 {
		return refusal.After(wholeSeconds(wait))
	}
	return nil
}

// spendStart takes one of the sessions that somebody may start. A client that is known of them has its own, which those who know the password
// do not use up.
func (k *call) spendStart(owner uuid.UUID, client []byte, known bool) error {
	bucket := owner
	if known {
		bucket = domain.Derive(owner, "starts by "+string(hashClient(owner, client)))
	}
	return k.spend(k.starts, k.Config.Limits.Starts, bucket, domain.ErrRate)
}

// changing lets a command that the caller asks for about themselves cost one of their changes, before anything is read. A repeat costs one,
// too. What ends something is free, so that a thief cannot keep the owner from it: it cannot be repeated without starting something.
func changing[I, O any](run func(*call, context.Context, I) (O, error)) func(context.Context, *call, I) (O, error) {
	return func(ctx context.Context, k *call, in I) (O, error) {
		if err := k.spend(k.changes, k.Config.Limits.Changes, k.Caller.Actor.ID.UUID, domain.ErrChanges); err != nil {
			var none O
			return none, err
		}
		return run(k, ctx, in)
	}
}
