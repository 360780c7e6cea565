package backup

import (
	"context"
	"errors"
	"strings"

	"accountledger/domain"
	"accountledger/eventstore"
	"accountledger/journal"
	"accountledger/replay/transfer"
	"accountledger/vault"
)

// Leftovers are what must be settled in a restored ledger before anything is served.
type Leftovers struct {
	// Verifications were under way: their keys still exist, or they passed and were not completed.
	Verifications map[domain.VerificationID]struct{}
	// Erased are accounts that are open, or may be, in the log but whose key is destroyed or to be destroyed.
	Erased map[domain.AccountID]struct{}
	// Claims are not among the contacts of the account that they were made for.
	Claims map[domain.ClaimID]struct{}
}

// Find walks a restored log and its vault, to which the list has been applied. On the way it destroys keys that the log records
// as destroyed but that still exist. The program must be able to read the whole log.
func Find(ctx context.Context, log eventstore.Store, j *journal.Journal, v vault.Portable, tell transfer.Progress) (*Leftovers, error) {
	l := &Leftovers{Verifications: map[domain.VerificationID]struct{}{}, Erased: map[domain.AccountID]struct{}{}, Claims: map[domain.ClaimID]struct{}{}}
	gone := &overdue{vault: v}
	_, err := transfer.SumTold(ctx, log, tell, func(e *eventstore.Recorded) error {
		if !telling(e.Type) {
			return nil
		}
		f, err := j.Decode(*e)
		if err != nil {
			return err
		}
		l.see(f)
		ended := domain.KeysEnded(f)
		return gone.add(ctx, append(ended.Before, ended.After...)...)
	})
	if err == nil {
		err = gone.flush(ctx)
	}
	if err == nil {
		err = l.look(ctx, v)
	}
	return l, err
}

// telling reports whether Find needs events of a type, whatever their version.
func telling(typ string) bool {
	base, _, _ := strings.Cut(typ, ".v")
	switch base {
	case "verification.passed", "identifier.claimed", "account.opened", "erasure.started":
		return true
	}
	return domain.EndsKeys(typ)
}

// see handles one event.
func (l *Leftovers) see(f domain.Fact) {
	switch e := f.Event.(type) {
	case domain.VerificationPassed:
		if id, ok := streamID(f.Stream); ok {
			l.Verifications[domain.VerificationID(id)] = struct{}{}
		}
	case domain.SignUpCompleted, domain.SignUpLapsed, domain.RecoveryCompleted, domain.RecoveryLapsed:
		if id, ok := streamID(f.Stream); ok {
			delete(l.Verifications, domain.VerificationID(id))
		}
	case domain.VerificationEnded:
		if id, ok := streamID(f.Stream); ok && e.Purpose.OfAccount() {
			delete(l.Verifications, domain.VerificationID(id))
		}
	case domain.IdentifierClaimed:
		if id, ok := streamID(f.Stream); ok {
			l.Claims[domain.ClaimID(id)] = struct{}{}
		}
	case domain.IdentifierRetired:
		if id, ok := streamID(f.Stream); ok {
			delete(l.Claims, domain.ClaimID(id))
		}
	case domain.AccountOpened:
		delete(l.Claims, e.Claim)
	case domain.ContactAttached:
		delete(l.Claims, e.Claim)
		delete(l.Verifications, e.Verification)
	case domain.SignInPassed:
		if id, ok := streamID(f.Stream); ok {
			delete(l.Verifications, domain.VerificationID(id))
		}
	case domain.ErasureStarted:
		l.Erased[f.Subject] = struct{}{}
	case domain.ErasureCompleted:
		delete(l.Erased, f.Subject)
	}
}

// look finds in the vault which keys of verifications remain and which accounts' keys are destroyed.
func (l *Leftovers) look(ctx context.Context, v vault.Portable) error {
	return v.Dump(ctx, func(rows []vault.Row) error {
		for i := range rows {
			kind, text, ok := strings.Cut(rows[i].Name, "/")
			id, is := domain.ParseID(text)
			if !ok || !is || rows[i].Kind != vault.KindKey {
				continue
			}
			switch {
			case (kind == "signup" || kind == "recovery" || kind == "verification") && !rows[i].Destroyed:
				l.Verifications[domain.VerificationID{UUID: id}] = struct{}{}
			case kind == "account" && rows[i].Destroyed:
				l.Erased[domain.AccountID{UUID: id}] = struct{}{}
			}
		}
		return nil
	})
}

// streamID is the id in a stream's name.
func streamID(stream string) (domain.ID[any], bool) {
	_, text, _ := strings.Cut(stream, "-")
	id, ok := domain.ParseID(text)
	return domain.ID[any]{UUID: id}, ok
}

// overdue destroys keys that should already be destroyed.
type overdue struct {
	vault vault.Vault
	names []string
}

func (o *overdue) add(ctx context.Context, names ...string) error {
	if o.names = append(o.names, names...); len(o.names) < vault.RowsAtOnce {
		return nil
	}
	return o.flush(ctx)
}

func (o *overdue) flush(ctx context.Context) error {
	keys, err := o.vault.Keys(ctx, o.names...)
	if err != nil && !errors.Is(err, vault.ErrCorrupt) && !errors.Is(err, vault.ErrMasterKey) {
		return err
	}
	live := o.names
	if err == nil {
		live = nil
		for i, k := range keys {
			if k != nil {
				live = append(live, o.names[i])
			}
		}
	}
	o.names = o.names[:0]
	if len(live) == 0 {
		return nil
	}
	return o.vault.DestroyKeys(ctx, live...)
}
