package commands

import (
	"context"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"accountledger/domain"
)

// firsts remembers, in memory, who was seen on a day.
type firsts struct {
	now func() time.Time
	mu  sync.Mutex
	by  *lru.Cache[[32]byte, time.Time]
}

const firstsAtOnce = 1 << 16

func newFirsts(now func() time.Time) *firsts {
	c, err := lru.New[[32]byte, time.Time](firstsAtOnce)
	if err != nil {
		panic(err) // only for a size below 1
	}
	return &firsts{now: now, by: c}
}

func (f *firsts) first(hash [32]byte) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := f.now()
	if ends, ok := f.by.Get(hash); ok && now.Before(ends) && ends.Sub(now) <= 24*time.Hour {
		return false
	}
	f.by.Add(hash, now.Add(24*time.Hour))
	return true
}

// Uses of firstOfDay, for counting people rather than requests.
const (
	seenSigningUp = "seen signing up"
	seenFailing   = "seen failing"
	seenAdding    = "seen adding a contact"
)

// firstOfDay reports whether an identifier is seen for the first time today. It is kept in memory, so after a restart it can be
// true once more.
func (k *call) firstOfDay(ctx context.Context, digest [32]byte, what string) (bool, error) {
	key, err := k.dayKey(ctx, domain.DayOf(k.now))
	if err != nil {
		return false, err
	}
	return k.firsts.first(key.MAC([]byte(what), digest[:])), nil
}
