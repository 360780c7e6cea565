package commands

import (
	"context"
	"errors"
	"slices"
	"sync"

	"accountledger/domain"
	"accountledger/journal"
	"accountledger/vault"
)

// repeats is what commands under an Idempotency-Key appended to one stream. All snapshots of the stream share it, and each
// looks only at what is not newer than itself.
type repeats struct {
	mu   sync.Mutex
	upTo int64 // version of the newest event looked at, plus 1
	by   map[domain.CommandID][]journal.Record
}

// note is called for every event of the stream, in order, by each reader.
func (r *repeats) note(rec journal.Record) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if rec.Version < r.upTo {
		return
	}
	r.upTo = rec.Version + 1
	if rec.Fingerprint == "" {
		return
	}
	if r.by == nil {
		r.by = map[domain.CommandID][]journal.Record{}
	}
	r.by[rec.Command] = append(r.by[rec.Command], rec)
}

// of returns what a command appended up to a version.
func (r *repeats) of(id domain.CommandID, upTo int64) []journal.Record {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := r.by[id]
	if n := slices.IndexFunc(all, func(rec journal.Record) bool { return rec.Version > upTo }); n >= 0 {
		all = all[:n]
	}
	return slices.Clip(all)
}

// sameRequest refuses a different request under the Idempotency-Key of these facts.
func (k *call) sameRequest(ctx context.Context, facts []domain.Fact) error {
	for _, f := range facts {
		want, err := k.fingerprint(ctx, domain.DayOf(f.At))
		if errors.Is(err, vault.ErrDestroyed) {
			return domain.ErrRepeatLate // too long ago to compare
		} else if err != nil {
			return err
		}
		if f.Fingerprint != want {
			return domain.ErrRepeated
		}
	}
	return nil
}

// repeated returns what this command appended to a stream before; none without an Idempotency-Key. If the first request was a
// different one, it is refused.
func (k *call) repeated(ctx context.Context, before []journal.Record) ([]domain.Fact, error) {
	if !k.keyed || len(before) == 0 {
		return nil, nil
	}
	facts := make([]domain.Fact, len(before))
	for i, rec := range before {
		facts[i] = rec.Fact
	}
	k.position = before[len(before)-1].Position
	return facts, k.sameRequest(ctx, facts)
}
