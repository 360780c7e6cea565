package fit

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"accountledger/eventstore"
	"accountledger/journal"
	"accountledger/replay/audit"
	"accountledger/replay/backup"
	"accountledger/vault"
)

// Parts are those of an open ledger.
type Parts struct {
	Log     eventstore.Store
	Journal *journal.Journal
	Vault   vault.Vault
	Binder  vault.Binder // the same vault, past what stands before it
	// List is the list of destructions; nil where none is kept.
	List *backup.List
	// Archive: the log came without its vault.
	Archive bool
	// Bound is where the vault was bound last by this process; the zero Binding before that.
	Bound *vault.Binding
}

// Check compares vault and log, and binds a vault that is new beside a log that is new. late are keys that events say are destroyed and
// a crash left. *RefusedError where the two do not fit.
func (p *Parts) Check(ctx context.Context) (late []string, err error) {
	id, err := p.Log.LogID(ctx)
	if err != nil {
		return nil, err
	}
	b, err := p.Binder.Binding(ctx)
	switch {
	case err != nil:
		return nil, err
	case b.IsZero():
		events, err := HasEvents(ctx, p.Log)
		if err != nil {
			return nil, err
		}
		if !events || p.Archive {
			return nil, p.Bind(ctx)
		}
		return nil, &RefusedError{What: fmt.Sprintf("the vault never belonged to log %s, whose events name keys that it does not have", id), Next: PutBackVault}
	case b.Log != id:
		return nil, &RefusedError{What: fmt.Sprintf("the vault belongs to log %s, and this is log %s", b.Log, id),
			Next: "Put log and vault of one ledger together"}
	}
	from := placeOf(b)
	var foreign *eventstore.ForeignCheckpointError
	if err := p.Journal.Fits(ctx, from); errors.As(err, &foreign) {
		return nil, olderLog("the log is older than its vault", err)
	} else if err != nil {
		return nil, err
	}
	if p.Archive {
		return nil, nil
	}
	tail, err := audit.Since(ctx, p.Log, p.Journal, p.Vault, from.Position)
	switch {
	case err != nil:
		return nil, Log(err)
	case tail.Missing != nil:
		return nil, olderVault("the vault is older than its log, or another's", tail.Missing)
	case tail.Live != nil:
		return nil, olderVault("the vault is older than its log", tail.Live)
	}
	return tail.Late, nil
}

// Read is Check for a ledger that is left as it is: it binds nothing.
func (p *Parts) Read(ctx context.Context) (late []string, err error) {
	b, err := p.Binder.Binding(ctx)
	if err != nil {
		return nil, err
	}
	if b.IsZero() {
		if events, err := HasEvents(ctx, p.Log); err != nil || !events || p.Archive {
			return nil, err
		}
	}
	return p.Check(ctx)
}

// HasEvents says whether a log has any.
func HasEvents(ctx context.Context, log eventstore.Store) (bool, error) {
	for page, err := range eventstore.Pages(ctx, log, eventstore.Position{}, 1) {
		if err != nil || len(page.Events) > 0 {
			return err == nil, err
		}
	}
	return false, nil
}

func placeOf(b vault.Binding) eventstore.Checkpoint {
	c := eventstore.Checkpoint{Log: b.Log, Position: eventstore.NewPosition(b.Commit, b.Prepare), Event: b.Event}
	if c.IsZero() {
		return eventstore.Checkpoint{} // of an empty log
	}
	return c
}

// Bind has the vault record where the log is: every key that is named up to there was made before.
func (p *Parts) Bind(ctx context.Context) error {
	head, err := p.Log.Head(ctx)
	if err != nil {
		return err
	}
	id, err := p.Log.LogID(ctx)
	if err != nil {
		return err
	}
	b := vault.Binding{Log: id, Commit: head.Position.Commit(), Prepare: head.Position.Prepare(), Event: head.Event}
	if p.List != nil {
		m, err := p.List.Mark()
		if err != nil {
			return err
		}
		b.List = vault.Listed{Entries: m.Entries, Hash: m.Hash}
	}
	if *p.Bound == b {
		return nil
	}
	if err := p.Binder.Bind(ctx, b); err != nil {
		return err
	}
	*p.Bound = b
	return nil
}

// BindAfter binds a vault to its log, whose history goes on with that of another one.
func (p *Parts) BindAfter(ctx context.Context, before uuid.UUID) error {
	b, err := p.Binder.Binding(ctx)
	if err != nil {
		return err
	}
	id, err := p.Log.LogID(ctx)
	if err != nil {
		return err
	}
	if b.Log != id && b.Log != before {
		if err := p.Binder.Bind(ctx, vault.Binding{Log: before}); err != nil {
			return err
		}
	}
	return p.Bind(ctx)
}

// Keys says whether the vault knows every key that the log has named since it was bound last; one that it never had is missing.
func (p *Parts) Keys(ctx context.Context) (missing bool, err error) {
	b, err := p.Binder.Binding(ctx)
	if err != nil || b.IsZero() {
		return false, err
	}
	tail, err := audit.Since(ctx, p.Log, p.Journal, p.Vault, placeOf(b).Position)
	return err == nil && tail.Missing != nil, err
}
