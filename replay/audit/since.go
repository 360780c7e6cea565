package audit

import (
	"context"
	"errors"

	"accountledger/domain"
	"accountledger/eventstore"
	"accountledger/journal"
	"accountledger/replay/carry"
	"accountledger/vault"
)

// Tail is what a walk over the end of a log found: what the vault lacks, or should lack.
type Tail struct {
	Events int64
	// Missing is the first key that the log names and the vault does not know; nil where it knows all of them.
	Missing *carry.KeyMissingError
	// Live is the first key that the log records as destroyed and the vault still has; nil where there is none.
	Live *LiveError
	// Late are names of keys that are still to be destroyed, since a crash came in between.
	Late []string
}

// Since walks a log from a place on, as a start does: from where the vault is known to have had every key. An event that this
// program cannot read is passed over.
func Since(ctx context.Context, log eventstore.Store, j *journal.Journal, v vault.Vault, from eventstore.Position) (t Tail, err error) {
	named, ended := carry.NewKeyCheck(v), &endedCheck{vault: v}
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
				continue // what it names is nobody's word
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

// note says whether an error is a finding.
func (t *Tail) note(err error) bool {
	return errors.As(err, &t.Missing) || errors.As(err, &t.Live)
}
