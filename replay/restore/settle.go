package restore

import (
	"context"
	"fmt"
	"time"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/eventstore"
	"accountledger/journal"
	"accountledger/replay/backup"
	"accountledger/replay/carry"
	"accountledger/vault"
)

// Restore is a restore whose log and vault are loaded.
type Restore struct {
	Loaded
	Manifest backup.Manifest
	List     List
	UID      int // of the operator
}

// Loaded is a ledger that goes on from an earlier state.
type Loaded struct {
	Log     eventstore.Store
	Journal *journal.Journal
	Vault   vault.Carrier
	Menu    *commands.Menu
	Now     func() time.Time
	Tell    carry.Progress
}

// Finish ends what was open when the backup was made and destroys what was destroyed since. Every step can be repeated.
func (r *Restore) Finish(ctx context.Context) (Restored, error) {
	id, err := r.Log.LogID(ctx)
	if err != nil {
		return Restored{}, err
	}
	out := Restored{From: r.Manifest.Log.String(), To: id.String(), Events: r.Manifest.Events, Hash: r.Manifest.Hash, Rows: r.Manifest.Rows, List: r.List.state}
	_, err = r.Menu.RecordRestore(ctx, commands.Request{Caller: domain.Operator(r.UID), Channel: domain.ChannelConsole, Operation: "restore"},
		commands.RecordRestore{Restored: domain.LedgerRestored{
			Cause: domain.CauseBackup, From: domain.LogID{UUID: r.Manifest.Log}, BackupAt: r.Manifest.Begun, Events: r.Manifest.Events, List: r.List.state, UID: r.UID}})
	if err != nil {
		return out, err
	}
	if out.Destructions, err = r.applyList(ctx); err != nil {
		return out, err
	}
	if err := r.EndOpen(ctx, &out); err != nil {
		return out, err
	}
	return out, r.List.keep(r.Now())
}

func restoreRequest() commands.Request {
	return commands.Request{Caller: domain.System(), Channel: domain.ChannelProcess, Operation: "restore"}
}

// applyList destroys what the list names.
func (r *Restore) applyList(ctx context.Context) (int64, error) {
	if r.List.path == "" {
		return 0, nil
	}
	a := backup.NewApplier(r.Vault)
	_, err := backup.ReadList(r.List.path, r.List.key, r.List.proof, func(d backup.Destroyed) error { return a.Apply(ctx, d) })
	if err == nil {
		err = a.End(ctx)
	}
	return a.Names + a.Claims, err
}

// EndOpen erases accounts whose keys are destroyed, ends or completes sign-ups, and frees identifiers of nobody. It counts in out.
func (r *Loaded) EndOpen(ctx context.Context, out *Restored) error {
	left, err := backup.Find(ctx, r.Log, r.Journal, r.Vault, r.Tell)
	if err != nil {
		return err
	}
	for id := range left.Erased {
		a, err := r.Menu.EraseRestored(ctx, restoreRequest(), commands.EraseRestored{Account: id})
		if err != nil {
			return fmt.Errorf("account %s: %w", id, err)
		}
		if a.Value.Erased {
			out.Erased++
		}
	}
	for id := range left.SignUps {
		if _, err := r.Menu.SettleSignUp(ctx, restoreRequest(), commands.SettleSignUp{ID: id}); err != nil {
			return fmt.Errorf("sign-up %s: %w", id, err)
		}
		out.SignUps++
	}
	for _, claim := range left.Claims {
		if _, err := r.Menu.DropClaim(ctx, restoreRequest(), commands.DropClaim{Claim: claim}); err != nil {
			return fmt.Errorf("claim %s: %w", claim, err)
		}
	}
	return nil
}
