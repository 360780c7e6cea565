package commands

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"accountledger/domain"
	"accountledger/journal"
	"accountledger/vault"
)

// Whatever was open before the last restore or import has ended: a token or code from the time of the backup may have been lost
// since, or ended after the backup. Positions in the log decide, not times, since clocks can be wrong.

// readRestored finds the last restore; most ledgers have none.
func (c *core) readRestored(ctx context.Context) error {
	for rec, err := range c.Journal.ReadableBack(ctx, domain.RestoresStream) {
		if err != nil {
			return err
		}
		c.restored.Store(&rec.Position)
		c.forgetFolded()
		break
	}
	return nil
}

// forgetFolded drops all cached states.
func (c *core) forgetFolded() {
	c.accounts.by.Purge()
	c.sessions.by.Purge()
	c.services.by.Purge()
	c.officers.by.Purge()
	c.published.by.Purge()
	c.claims.by.Purge()
	c.attempts.by.Purge()
	c.asked.by.Purge()
	c.proofs.by.Purge()
}

// sinceRestored marks a fact from before the last restore.
func (c *core) sinceRestored(rec journal.Record) domain.Fact {
	if at := c.restored.Load(); at != nil && rec.Position.Compare(*at) < 0 {
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
	head, err := k.Journal.EndOf(ctx, domain.RestoresStream)
	if err != nil {
		return err
	}
	for rec, err := range k.Journal.ReadableBack(ctx, domain.RestoresStream) {
		if err != nil {
			return err
		}
		if rec.ID == id {
			return k.readRestored(ctx)
		}
	}
	entries, err := k.entries(ctx, head, about{}, event)
	if err != nil {
		return err
	}
	entries[0].ID = id
	if _, err := k.commit(ctx, head, entries); err != nil {
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

func (k *call) eraseRestored(ctx context.Context, in EraseRestored) (out ErasedRestored, err error) {
	err = retry(ctx, func(ctx context.Context) error {
		a, head, err := k.account(ctx, in.Account)
		if err != nil || !a.Exists() || a.Erasure.Done() {
			return err
		}
		if events := a.EraseNow(k.now); len(events) > 0 {
			done, err := k.step(ctx, head, a.OpenedFact, a.OpenedFact, about{subject: a.ID, region: a.Region}, events...)
			if err != nil {
				return err
			}
			for _, f := range done.Facts {
				if err := a.Apply(f); err != nil {
					return err
				}
			}
		}
		out.Erased = true
		return k.eraseAll(ctx, a)
	})
	return out, err
}

// DropClaim retires a claim whose account was never opened: its sign-up was in progress when the backup was made, and could not be
// completed after the restore. Otherwise nobody could ever use the identifier.
type DropClaim struct {
	Claim domain.ClaimID
}

func (k *call) dropClaim(ctx context.Context, in DropClaim) (struct{}, error) {
	return struct{}{}, retry(ctx, func(ctx context.Context) error {
		claim, head, err := k.claim(ctx, in.Claim)
		if err != nil || !claim.Held() {
			return err
		}
		account, _, err := k.account(ctx, claim.Account)
		if err != nil || account.Exists() {
			return err
		}
		if _, err := k.step(ctx, head, claim.Since, claim.Since, about{subject: claim.Account, region: claim.Since.Region}, domain.IdentifierRetired{}); err != nil {
			return err
		}
		return k.Vault.DeleteIdentifier(ctx, in.Claim.UUID)
	})
}

// gone reports whether a sign-up cannot be completed because its key is destroyed.
func gone(err error) bool {
	return errors.Is(err, journal.ErrUnreadable) || errors.Is(err, vault.ErrDestroyed) || errors.Is(err, vault.ErrNotFound)
}
