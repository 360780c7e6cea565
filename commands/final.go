package commands

import (
	"context"
	"sync"
	"time"

	"accountledger/domain"
	"accountledger/vault"
)

// mastersFor is for how long what the vault said of its master keys is believed: they change a few times a year.
const mastersFor = 5 * time.Second

// masters remembers what the vault said of its master keys, so that many questions about erasures ask it once.
type masters struct {
	mu     sync.Mutex
	asked  time.Time
	states []vault.MasterState
}

// final adds to a completed erasure whether it is final: a copy of the vault's files, made before, holds the keys wrapped
// under a master key, and is noise once every master key that may have wrapped them is destroyed. Where the vault does not
// say, nothing is added: the state stands by itself.
func (k *call) final(ctx context.Context, v ErasureView) ErasureView {
	if v.State != domain.ErasureDone {
		return v
	}
	states := k.masterStates(ctx)
	if at, final := vault.FinalAt(states, v.Ended); final {
		v.Final = at
		if at.Before(v.Ended) { // destroyed before the erasure was: it was final at once
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
	k.masters.asked = k.now // of a vault that does not answer too: others do not wait for it one after another
	if states, err := rotator.Masters(ctx); err == nil {
		k.masters.states = states
	}
	return k.masters.states
}
