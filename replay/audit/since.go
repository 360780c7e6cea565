package audit

import (
	"context"
	"errors"

	"accountledger/domain"
	"accountledger/eventstore"
	"accountledger/journal"
	"accountledger/replay/transfer"
	"accountledger/vault"
)

// Tail is the result of a walk over the end of a log: what the vault lacks, or should lack.
type Tail struct {
	Events int64
	// Missing is the first key that the log names and the vault does not know; nil if it knows all of them.
	Missing *transfer.KeyMissingError
	// Live is the first key that the log records as destroyed and the vault still has; nil if there is none.
	Live *LiveError
	// Late are names of keys still to be destroyed, because a crash came in between.
	Late []string
}

// Since walks the end of a log, as a start does, from the position up to which the vault is known to have every key. It skips
// events that this program cannot read.
func Since(ctx context.Context, log eventstore.Store, j *journal.Journal, v vault.Vault, from eventstore.Position) (t Tail, err error) {
	named, ended := transfer.NewKeyCheck(v), &endedCheck{vault: v}
	for page, err := range eventstore.Pages(ctx, log, from, sincePage) {
		if err != nil {
			return t, err
		}
		for i := range page.Events {
			e := &page.Events[i]
			t.Events++
			f, unread := j.Decode(*e)
			var foreign *journal.UnreadableEventError
			if errors.As(unread, &foreign) {
				continue // what it names does not count
			}
			err := named.See(ctx, e)
			if err == nil && unread == nil && domain.EndsKeys(e.Type) {
				err = ended.see(ctx, e, f)
			}
			if t.note(err) {
				return t, nil
			} else if err != nil {
				return t, err
			}
		}
	}
	for _, look := range []func(context.Context) error{named.End, ended.look} {
		if err := look(ctx); t.note(err) {
			return t, nil
		} else if err != nil {
			return t, err
		}
	}
	for _, k := range ended.late {
		t.Late = append(t.Late, k.name)
	}
	return t, nil
}

// sincePage is how many events are read at once.
const sincePage = 1024

// note records an error that is a finding, and reports whether it was one.
func (t *Tail) note(err error) bool {
	return errors.As(err, &t.Missing) || errors.As(err, &t.Live)
}
