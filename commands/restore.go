package commands

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"accountledger/domain"
	"accountledger/journal"
	"accountledger/vault"
)

// Whatever was open before the last restore or import has ended: a token or code from the time of the backup may have been lost
// since, or ended after the backup. Positions in the log decide, not times, since clocks can be wrong.

// restoredAt is where and when the log was restored.
type restoredAt struct {
	journal.Position
	time time.Time
}

// readRestored finds the last restore; most ledgers have none.
func (c *core) readRestored(ctx context.Context) error {
	for rec, err := range c.Journal.ReadableBack(ctx, domain.RestoresStream) {
		if err != nil {
			return err
		}
		c.restored.Store(&restoredAt{rec.Position, rec.At})
		c.forgetFolded()
		break
	}
	return nil
}

// forgetFolded drops all cached states.
func (c *core) forgetFolded() {
	for _, cache := range c.caches {
		cache.forget()
	}
}

// sinceRestored marks a fact from before the last restore.
func (c *core) sinceRestored(rec journal.Record) domain.Fact {
	if at := c.restored.Load(); at != nil && rec.Position.Compare(at.Position) < 0 {
		rec.Restored = true
	}
	return rec.Fact
}

// RecordRestore records that the ledger continues from an earlier state, before anything is served from it. Everything that was
// open has then ended. It is an operator's command; repeated with one id, it records once.
type RecordRestore struct {
	// ID identifies the restore; zero if the log has only one.
	ID       domain.EventID
	Restored domain.LedgerRestored
	Reason   string // sealed; empty for a backup's
}

// Format prints [personal] for every verb: a reason could hold anything.
func (RecordRestore) Format(s fmt.State, _ rune) { hide(s) }

// LogValue logs [personal].
func (RecordRestore) LogValue() slog.Value { return hidden() }

func (k *call) recordRestore(ctx context.Context, in RecordRestore) (struct{}, error) {
	if in.Reason != "" {
		reason, err := domain.ParseOperatorReason(in.Reason)
		if err != nil {
			return struct{}{}, err
		}
		in.Restored.Reason = domain.Personal(reason, domain.LedgerKey())
	}
	return struct{}{}, k.newHistory(ctx, in.ID, in.Restored)
}

// RecordImport records that the log was made from an export, like RecordRestore.
type RecordImport struct {
	Imported domain.LedgerImported
}

func (k *call) recordImport(ctx context.Context, in RecordImport) (struct{}, error) {
	return struct{}{}, k.newHistory(ctx, domain.EventID{}, in.Imported)
}

// newHistory records the start of a new history, once.
func (k *call) newHistory(ctx context.Context, id domain.EventID, event any) error {
	if id.IsZero() {
		log, err := k.Journal.LogID(ctx)
		if err != nil {
			return err
		}
		id.UUID = domain.Derive(log, domain.RestoresStream)
	}
	_, err := change[unfolded]{stream: k.operations(domain.RestoresStream), about: concerning[unfolded](about{id: id}), mayKeep: true,
		decide: func(ctx context.Context, _ unfolded, _ journal.Head) ([]any, error) {
			for rec, err := range k.Journal.ReadableBack(ctx, domain.RestoresStream) {
				if err != nil || rec.ID == id {
					return nil, err
				}
			}
			return []any{event}, nil
		}}.by(ctx, k)
	if err != nil {
		return err
	}
	return k.readRestored(ctx)
}

// EraseRestored erases an account that is open in the restored log although its key is destroyed: it was erased after the
// backup.
type EraseRestored struct {
	Account domain.AccountID
}

// ErasedRestored says whether there was an account to erase.
type ErasedRestored struct {
	Erased bool
}

func (k *call) eraseRestored(ctx context.Context, in EraseRestored) (ErasedRestored, error) {
	c := k.changeAccount(in.Account, func(a *domain.Account) ([]any, error) {
		if !a.Exists() {
			return nil, nil
		}
		return a.EraseNow(k.now), nil
	})
	c.about, c.mayKeep = func(a *domain.Account) about { return ofAccount(a).after(a.OpenedFact, a.OpenedFact) }, true
	out, err := c.by(ctx, k)
	if err != nil || !out.state.Exists() || out.state.Erasure.Done() {
		return ErasedRestored{}, err
	}
	_, err = k.eraseAll(ctx, out.state)
	return ErasedRestored{Erased: true}, err
}

// DropClaim retires a claim that its account does not have: the verification was in progress when the backup was made, and could not
// be completed after the restore. Otherwise nobody could ever use the identifier.
type DropClaim struct {
	Claim domain.ClaimID
}

func (k *call) dropClaim(ctx context.Context, in DropClaim) (struct{}, error) {
	_, err := k.drop(ctx, in.Claim)
	return struct{}{}, err
}

// drop retires a claim that its account does not have, and returns it as it is then.
func (k *call) drop(ctx context.Context, id domain.ClaimID) (*domain.Claim, error) {
	out, err := change[*domain.Claim]{stream: k.claimStream(id), mayKeep: true,
		about: func(c *domain.Claim) about {
			return about{subject: c.Account, region: c.Since.Region}.after(c.Since, c.Since)
		},
		decide: func(ctx context.Context, c *domain.Claim, _ journal.Head) ([]any, error) {
			if !c.Held() {
				return nil, nil
			}
			account, err := k.account(ctx, c.Account)
			if err != nil {
				return nil, err
			}
			if account.Holds(id) {
				return nil, nil
			}
			return []any{domain.IdentifierRetired{}}, nil
		}}.by(ctx, k)
	if err != nil || !out.state.Retired {
		return out.state, err
	}
	return out.state, k.Vault.DeleteIdentifier(ctx, id.UUID)
}

// gone reports whether a sign-up cannot be completed because its key is destroyed.
func gone(err error) bool {
	return errors.Is(err, journal.ErrUnreadable) || errors.Is(err, vault.ErrDestroyed) || errors.Is(err, vault.ErrNotFound)
}
