package restore

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/replay/backup"
	"accountledger/replay/fit"
	"accountledger/replay/transfer"
	"accountledger/replay/unfinished"
	"accountledger/vault"
)

// Restore makes a ledger of a backup, under a new log id. The backup and the list are checked whole before anything is made. Whatever
// was open when the backup was made has ended: sessions, enrolment codes, verifications. What was destroyed since is destroyed again.
// Every step can be repeated.
func (m *Maker) Restore(ctx context.Context, dir string, in Options) (_ Restored, err error) {
	if _, err := os.Stat(dir); errors.Is(err, os.ErrNotExist) {
		return Restored{}, fmt.Errorf("%s: %w", dir, ErrNoFolder)
	}
	mark, err := m.begunRestore()
	if err != nil {
		return Restored{}, err
	}
	manifest, contents, err := backup.Check(ctx, dir, m.Tell)
	if err != nil {
		return Restored{}, err
	}
	fresh := mark.Backup == ""
	if !fresh && mark.Backup != manifest.Sum {
		return Restored{}, ErrOtherRestore
	}
	list, err := m.checkList(in, manifest, contents)
	if err != nil {
		return Restored{}, err
	}
	mark.Command, mark.Backup = unfinished.Restore, manifest.Sum
	if err := m.mark(mark); err != nil {
		return Restored{}, err
	}
	t, err := m.Open(ctx)
	if fresh && errors.Is(err, fit.ErrVaultMissing) {
		return Restored{}, errors.Join(fmt.Errorf("log: %w", ErrNotEmpty), unfinished.Clear(m.Folder))
	}
	if err != nil {
		return Restored{}, err
	}
	defer func() { err = errors.Join(err, t.Close()) }()
	if !mark.Loaded {
		if err := m.load(ctx, t, dir, contents.FileInfo, fresh); err != nil {
			return Restored{}, err
		}
		mark.Loaded = true
		if err := mark.Save(m.Folder); err != nil {
			return Restored{}, err
		}
	}
	out, err := m.finish(ctx, t, manifest, list)
	if err != nil {
		return Restored{}, err
	}
	if err := t.Parts.BindAfter(ctx, manifest.Log); err != nil {
		return Restored{}, err
	}
	return out, unfinished.Clear(m.Folder)
}

// begunRestore is the mark of an earlier try; of another command it is ErrOtherRestore.
func (m *Maker) begunRestore() (unfinished.Mark, error) {
	if other, err := unfinished.Of(m.Folder); err != nil || other.Command == unfinished.Accept {
		return other, ErrOtherRestore
	}
	return m.begun(unfinished.Restore, ErrNotEmpty)
}

func (m *Maker) checkList(in Options, manifest backup.Manifest, contents backup.Contents) (List, error) {
	files, err := m.Keys()
	if err != nil {
		return List{}, err
	}
	list, err := CheckList(files, m.List, in, manifest, contents)
	if errors.Is(err, vault.ErrNoMasterKeyFile) {
		err = fmt.Errorf("%w: %w", err, ErrNoKey)
	}
	return list, err
}

// load makes log and vault hold what the backup does.
func (m *Maker) load(ctx context.Context, t *Target, dir string, info transfer.FileInfo, fresh bool) error {
	if fresh {
		if err := CheckEmpty(ctx, t.side()); err != nil {
			return errors.Join(err, unfinished.Clear(m.Folder))
		}
	}
	file := filepath.Join(dir, backup.LedgerName)
	if _, err := transfer.Import(ctx, file, info, t.side(), true, m.Tell); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}

// finish ends what was open when the backup was made and destroys what was destroyed since.
func (m *Maker) finish(ctx context.Context, t *Target, from backup.Manifest, list List) (Restored, error) {
	id, err := t.Parts.Log.LogID(ctx)
	if err != nil {
		return Restored{}, err
	}
	l, err := t.loaded(ctx, m.Tell)
	if err != nil {
		return Restored{}, err
	}
	out := Restored{From: from.Log.String(), To: id.String(), Events: from.Events, Hash: from.Hash, Rows: from.Rows, List: list.state}
	_, err = l.menu.RecordRestore(ctx, m.request("restore"), commands.RecordRestore{Restored: domain.LedgerRestored{
		Cause: domain.CauseBackup, From: domain.LogID{UUID: from.Log}, BackupAt: from.Begun, Events: from.Events, List: list.state, UID: m.UID}})
	if err != nil {
		return out, err
	}
	if list.path != "" {
		if out.Destructions, err = destroy(ctx, t.Vault, list.path, list.key, list.proof); err != nil {
			return out, err
		}
	}
	if err := l.endOpen(ctx, &out); err != nil {
		return out, err
	}
	return out, list.keep(t.Now())
}

// destroy destroys what a list names, and counts it.
func destroy(ctx context.Context, v vault.Vault, list string, key *vault.Key, proof backup.Proof) (int64, error) {
	a := backup.NewApplier(v)
	_, err := backup.ReadList(list, key, proof, func(d backup.Destroyed) error { return a.Apply(ctx, d) })
	if err == nil {
		err = a.End(ctx)
	}
	return a.Names + a.Claims, err
}
