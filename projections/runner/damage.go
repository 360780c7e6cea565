package runner

import (
	"errors"

	"accountledger/consumers"
	"accountledger/projections/view"
)

// damaged notes that a reader met damage in a generation, and has the view refilled: by its consumers, which begin
// again although no event has come, and where they may be another process's, by this one. It says whether that will be.
func (v *liveView) damaged(id view.GenerationID, why error) bool {
	v.set.mu.Lock()
	consumes := v.set.consumes
	v.set.mu.Unlock()
	if !consumes { // those that do will meet it, too
		return false
	}
	v.mu.Lock()
	known := v.live == nil || v.live.ID() != id || v.why != nil
	var told []func()
	if !known {
		v.why, v.bad = why, id
		for _, u := range v.units {
			if u.again != nil {
				told = append(told, u.again)
			}
		}
	}
	v.mu.Unlock()
	for _, again := range told {
		again()
	}
	if !known && v.set.shared() {
		v.set.mend(v)
	}
	return true
}

// mend refills a view without being asked by one of its consumers.
func (vs *Views) mend(v *liveView) {
	vs.mu.Lock()
	defer vs.mu.Unlock()
	if vs.life.Err() != nil {
		return
	}
	vs.filling.Go(func() {
		if err := vs.make(vs.life, v); err != nil && !errors.Is(err, consumers.ErrClosed) && vs.life.Err() == nil {
			vs.Log.Warn("a damaged view could not be filled here now", "view", v.name(), "reason", err.Error())
		}
	})
}
