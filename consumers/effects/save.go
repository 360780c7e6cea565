package effects

import (
	"context"

	"accountledger/internal/backoff"
	"accountledger/journal"
)

// changed signals that the checkpoint may have moved.
func (r *Runtime) changed() {
	select {
	case r.dirty <- struct{}{}:
	default:
	}
}

// save stores the checkpoint soon after it has moved, at most once every SaveEvery. It may lag, because the log shows what was
// already done, but must never run ahead.
func (r *Runtime) save() {
	for {
		select {
		case <-r.dirty:
		case <-r.waiting.Done():
			return
		}
		if err := r.store(r.waiting, r.marks.checkpoint()); err != nil {
			r.Fault(err)
			r.Log.Error("the checkpoint cannot be stored; trying again", "consumer", r.Name, "error", err.Error())
			r.changed()
		}
		if backoff.Sleep(r.waiting, r.SaveEvery) != nil {
			return
		}
	}
}

func (r *Runtime) store(ctx context.Context, at journal.Checkpoint) error {
	r.saving.Lock()
	defer r.saving.Unlock()
	if at == r.saved {
		return nil
	}
	if err := r.storage.save(ctx, at); err != nil {
		return err
	}
	r.saved = at
	return nil
}
