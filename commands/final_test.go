package commands_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/vault"
)

// mastersOf is a vault that says of its master keys what a test wants.
type mastersOf struct {
	vault.Rotator
	states []vault.MasterState
	err    error
	asked  atomic.Int64
}

func (m *mastersOf) Masters(context.Context) ([]vault.MasterState, error) {
	m.asked.Add(1)
	return m.states, m.err
}

func TestAnErasureIsFinalWhenNoMasterKeyOpensIt(t *testing.T) {
	w := newWorld(t)
	w.deps.Config.Grace, w.deps.Config.BackupKeep = 0, 30*24*time.Hour
	v := &mastersOf{Rotator: w.vault.(vault.Rotator)}
	w.start(w.store, v)
	start := w.clock.Now()
	c := w.person(ada)
	id := do(w, w.RequestErasure, c, commands.RequestErasure{}).ID
	see := func() commands.ErasureView {
		t.Helper()
		w.clock.forward(time.Minute) // past what is remembered
		return do(w, w.SeeErasure, domain.Guest(), commands.Erasure{ID: id})
	}
	if e := see(); e.State != domain.ErasureWaiting || !e.Final.IsZero() || !e.CopiesUntil.IsZero() || v.asked.Load() != 0 {
		t.Errorf("before it is completed: %+v, the vault was asked %d times", e, v.asked.Load())
	}
	do(w, w.SettleErasure, domain.System(), commands.SettleErasure{Account: c.Account})

	old := vault.MasterState{BeganAt: start.Add(-time.Hour), Current: true}
	v.states = []vault.MasterState{old}
	if e := see(); e.State != domain.ErasureDone || !e.Final.IsZero() || !e.CopiesUntil.IsZero() {
		t.Errorf("while its master key is in use: %+v", e)
	}
	w.clock.forward(time.Hour)
	rotated := w.clock.Now()
	old.Current, old.EndedAt = false, rotated
	next := vault.MasterState{BeganAt: rotated, Current: true}
	v.states = []vault.MasterState{old, next}
	if e := see(); !e.Final.IsZero() || !e.CopiesUntil.Equal(rotated.Add(30*24*time.Hour)) {
		t.Errorf("while backups are kept: %+v", e)
	}
	w.clock.forward(40 * 24 * time.Hour)
	old.DestroyedAt = w.clock.Now()
	v.states = []vault.MasterState{old, next}
	if e := see(); e.State != domain.ErasureDone || !e.Final.Equal(old.DestroyedAt) || !e.CopiesUntil.IsZero() {
		t.Errorf("with its master key destroyed: %+v", e)
	}

	// Many questions ask the vault once, and one that does not answer takes nothing away.
	before := v.asked.Load()
	v.err = errors.New("down")
	w.clock.forward(time.Minute)
	for range 50 {
		if e := do(w, w.SeeErasure, domain.Guest(), commands.Erasure{ID: id}); !e.Final.Equal(old.DestroyedAt) {
			t.Fatalf("with a vault that does not answer: %+v", e)
		}
	}
	if n := v.asked.Load() - before; n != 1 {
		t.Errorf("the vault was asked %d times", n)
	}
}
