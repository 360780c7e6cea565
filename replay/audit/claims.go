package audit

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"accountledger/domain"
	"accountledger/eventstore"
	"accountledger/journal"
	"accountledger/vault"
)

// walkClaims looks for an identifier that maps to a claim that has ended: an erased person could be found by it.
func (l *Ledger) walkClaims(ctx context.Context, r *Report) error {
	if l.Archive {
		return nil
	}
	err := l.Vault.Dump(ctx, func(rows []vault.Row) error {
		for i := range rows {
			if rows[i].Kind != vault.KindIdentifier {
				continue
			}
			c, err := rows[i].Open(l.Vault.Keyring())
			if err != nil {
				continue // reported by the walk of the vault
			}
			stream, version, err := l.retired(ctx, c.Claim)
			if err != nil {
				return err
			}
			if stream != "" {
				r.fault(Fault{Where: InVault, Stream: stream, Version: &version, Reason: "the event ends the claim of an identifier, but the vault still has it"})
				return errFault
			}
		}
		return nil
	})
	if errors.Is(err, errFault) || errors.Is(err, vault.ErrCorrupt) { // the latter is reported by the walk of the vault
		return nil
	}
	return err
}

// retired returns the event that ended a claim some time ago; no stream if it has not ended.
func (l *Ledger) retired(ctx context.Context, claim uuid.UUID) (stream string, version int64, err error) {
	name := domain.IdentifierStream(domain.ClaimID{UUID: claim})
	for e, err := range l.Log.ReadStream(ctx, name, eventstore.Backwards, eventstore.End) {
		var corrupt *eventstore.CorruptError
		if errors.As(err, &corrupt) {
			return "", 0, nil // reported by the walk of the log
		}
		if err != nil {
			return "", 0, err
		}
		f, err := l.Journal.Decode(e)
		var newer *journal.UnknownTypeError
		if err != nil && !errors.As(err, &newer) {
			return "", 0, nil
		}
		if _, is := f.Event.(domain.IdentifierRetired); is && l.newest.Sub(f.At) > longSettled {
			return e.Stream, e.Version, nil
		}
		break
	}
	return "", 0, nil
}
