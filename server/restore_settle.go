package server

import (
	"context"
	"fmt"
	"os"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/replay/backup"
)

// settle ends what was open when the backup was made and destroys what was destroyed since. Every step can be repeated.
func (r *restoring) settle(ctx context.Context) (Restored, error) {
	id, err := r.store.LogID(ctx)
	if err != nil {
		return Restored{}, err
	}
	out := Restored{From: r.manifest.Log.String(), To: id.String(), Events: r.manifest.Events, Hash: r.manifest.Hash, Rows: r.manifest.Rows, List: r.list.state}
	if err := r.openMenu(ctx); err != nil {
		return out, err
	}
	_, err = r.menu.RecordRestore(ctx, operator{r.Server, os.Getuid()}.request("restore", domain.EventID{}), commands.RecordRestore{Restored: domain.LedgerRestored{
		Cause: domain.CauseBackup, From: domain.LogID{UUID: r.manifest.Log}, BackupAt: r.manifest.Begun, Events: r.manifest.Events, List: r.list.state, UID: os.Getuid()}})
	if err != nil {
		return out, err
	}
	if out.Destructions, err = r.applyList(ctx); err != nil {
		return out, err
	}
	if err := r.settleLeft(ctx, &out); err != nil {
		return out, err
	}
	return out, r.list.settleList(&r.cfg, r.now())
}

func restoreRequest() commands.Request {
	return commands.Request{Caller: domain.System(), Channel: domain.ChannelProcess, Operation: "restore"}
}

// applyList destroys what the list tells of.
func (r *restoring) applyList(ctx context.Context) (int64, error) {
	if r.list.path == "" {
		return 0, nil
	}
	a := backup.NewApplier(r.vault)
	_, err := backup.ReadList(r.list.path, r.list.key, r.list.proof, func(d backup.Destroyed) error { return a.Apply(ctx, d) })
	if err == nil {
		err = a.End(ctx)
	}
	return a.Names + a.Claims, err
}

// settleLeft erases accounts whose keys are destroyed, ends or completes sign-ups, and frees identifiers of nobody.
func (r *restoring) settleLeft(ctx context.Context, out *Restored) error {
	side, err := r.side()
	if err != nil {
		return err
	}
	left, err := backup.Find(ctx, r.store, r.journal, side.Vault, tellCarry(r.tell))
	if err != nil {
		return err
	}
	for id := range left.Erased {
		a, err := r.menu.EraseRestored(ctx, restoreRequest(), commands.EraseRestored{Account: id})
		if err != nil {
			return fmt.Errorf("account %s: %w", id, err)
		}
		if a.Value.Erased {
			out.Erased++
		}
	}
	for id := range left.SignUps {
		if _, err := r.menu.SettleSignUp(ctx, restoreRequest(), commands.SettleSignUp{ID: id}); err != nil {
			return fmt.Errorf("sign-up %s: %w", id, err)
		}
		out.SignUps++
	}
	for _, claim := range left.Claims {
		if _, err := r.menu.DropClaim(ctx, restoreRequest(), commands.DropClaim{Claim: claim}); err != nil {
			return fmt.Errorf("claim %s: %w", claim, err)
		}
	}
	return nil
}
