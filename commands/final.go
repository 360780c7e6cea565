package commands

import (
	"context"
	"sync"
	"time"

	"accountledger/domain"
	"accountledger/vault"
)

// mastersFor is how long the vault's answer about its master keys is cached: they change a few times a year.
const mastersFor = 5 * time.Second

// masters caches the vault's answer about its master keys, so that many questions about erasures ask the vault once.
type masters struct {
	mu     sync.Mutex
	asked  time.Time
	states []vault.MasterState
}

// final adds to a completed erasure whether it is final: an earlier copy of the vault's files holds the keys wrapped under a
// master key, and is useless once every master key that may have wrapped them is destroyed. If the vault does not answer,
// nothing is added.
func (k *call) final(ctx context.Context, v ErasureView) ErasureView {
	if v.State != domain.ErasureDone {
		return v
	}
	states := k.masterStates(ctx)
	if at, final := vault.FinalAt(states, v.Ended); final {
		v.Final = at
		if at.Before(v.Ended) { // destroyed before the erasure ended: it was final at once
			v.Final = v.Ended
		}
		return v
	}
	if until, known := vault.CopiesUntil(states, v.Ended, k.Config.BackupKeep); known {
		v.CopiesUntil = until
	}
	return v
}

func (k *call) masterStates(ctx context.Context) []vault.MasterState {
	rotator, ok := k.Vault.(vault.Rotator)
	if !ok {
		return nil
	}
	k.masters.mu.Lock()
	defer k.masters.mu.Unlock()
	if since := k.now.Sub(k.masters.asked); since >= 0 && since < mastersFor {
		return k.masters.states
	}
	k.masters.asked = k.now // also if the vault does not answer, so that others do not wait for it one by one
	if states, err := rotator.Masters(ctx); err == nil {
		k.masters.states = states
	}
	return k.masters.states
}
