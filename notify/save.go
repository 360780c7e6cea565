package notify

import (
	"accountledger/internal/backoff"
	"accountledger/journal"
)

// changed signals that the checkpoint may have moved.
func (n *Notifier) changed() {
	select {
	case n.dirty <- struct{}{}:
	default:
	}
}

// save stores the checkpoint soon after it has moved, at most once every SaveEvery. It may lag, because deliveries show what was
// already done, but must never run ahead.
func (n *Notifier) save() {
	for {
		select {
		case <-n.dirty:
		case <-n.waiting.Done():
			return
		}
		if err := n.store(n.marks.checkpoint()); err != nil {
			n.Fault(err)
			n.Log.Error("messages: the checkpoint cannot be stored; trying again", "error", err.Error())
			n.changed()
		}
		if backoff.Sleep(n.waiting, n.SaveEvery) != nil {
			return
		}
	}
}

func (n *Notifier) store(at journal.Checkpoint) error {
	n.saving.Lock()
	defer n.saving.Unlock()
	if at == n.saved {
		return nil
	}
	if err := n.keeping.save(at); err != nil {
		return err
	}
	n.saved = at
	return nil
}
