package server

import (
	"context"
	"errors"
	"fmt"
	"os"

	"accountledger/operate"
	"accountledger/replay/backup"
	"accountledger/replay/restore"
	"accountledger/replay/transfer"
	"accountledger/vault"
)

// Errors of Restore, beside those of packages restore and backup.
var (
	// ErrRestoring: the ledger in the folder is not complete yet.
	ErrRestoring = errors.New("this data folder is the target of a restore that has not finished: run that command again, or delete the folder")
	// ErrNoFolder: there is nothing to restore from.
	ErrNoFolder = errors.New("no such folder")
	// ErrNoBackupKey: a new key would open nothing of the backup.
	ErrNoBackupKey = errors.New("restoring needs the master key that the backup was made under: give it with --master-key")
	// ErrOtherRestore: another backup was being restored into the folder.
	ErrOtherRestore = errors.New("another backup was being restored into this data folder: continue with that one, or delete the folder")
)

// Restore makes a ledger of a backup, under a new log id, in a folder, and for other engines in a log and a vault, that are
// empty or that an earlier try broke off in. The backup and the list are checked whole before anything is made. Whatever was open
// when the backup was made has ended: sessions, enrolment codes, verifications. What was destroyed since is destroyed again.
// Nothing can be served from the folder before all of that is done.
func Restore(ctx context.Context, cfg Config, dir string, in restore.Options, o MoveOptions) (_ restore.Restored, err error) {
	if _, err := os.Stat(dir); errors.Is(err, os.ErrNotExist) {
		return restore.Restored{}, fmt.Errorf("%s: %w", dir, ErrNoFolder)
	}
	mark, err := restoreTarget(&cfg)
	if err != nil {
		return restore.Restored{}, err
	}
	m, contents, err := backup.Check(ctx, dir, operate.Stages(o.Progress))
	if err != nil {
		return restore.Restored{}, err
	}
	if mark.Backup != "" && mark.Backup != m.Sum {
		return restore.Restored{}, ErrOtherRestore
	}
	files, err := keyFiles(&cfg)
	if errors.Is(err, ErrNoMasterKeyGiven) {
		err = ErrNoBackupKey
	}
	if err != nil {
		return restore.Restored{}, err
	}
	list, err := restore.CheckList(files, cfg.Backup.List, in, m, contents)
	if errors.Is(err, vault.ErrNoMasterKeyFile) {
		err = fmt.Errorf("%w: %w", err, ErrNoBackupKey)
	}
	if err != nil {
		return restore.Restored{}, err
	}
	fresh := mark.Backup == ""
	if err := os.MkdirAll(cfg.Data, 0o700); err != nil {
		return restore.Restored{}, err
	}
	mark.Backup = m.Sum
	if err := mark.save(&cfg); err != nil {
		return restore.Restored{}, err
	}
	s, err := openSide(ctx, cfg, o, true)
	if fresh && errors.Is(err, errVaultMissing) {
		return restore.Restored{}, errors.Join(fmt.Errorf("log: %w", restore.ErrNotEmpty), os.Remove(cfg.path(restoringMark)))
	}
	if err != nil {
		return restore.Restored{}, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	r := &restoring{Server: s, manifest: m, list: list, tell: o.Progress}
	if !mark.Loaded {
		if err := r.load(ctx, dir, contents.FileInfo, fresh); err != nil {
			return restore.Restored{}, err
		}
		mark.Loaded = true
		if err := mark.save(&cfg); err != nil {
			return restore.Restored{}, err
		}
	}
	out, err := r.finish(ctx)
	if err != nil {
		return restore.Restored{}, err
	}
	if err := s.parts().BindAfter(ctx, m.Log); err != nil {
		return restore.Restored{}, err
	}
	return out, s.unmarkRestore()
}

// restoring is a restore under way.
type restoring struct {
	*Server
	manifest backup.Manifest
	list     restore.List
	tell     func(operate.Progress)
}

// load makes log and vault hold what the backup does.
func (r *restoring) load(ctx context.Context, dir string, info transfer.FileInfo, fresh bool) error {
	side, err := r.side()
	if err != nil {
		return err
	}
	if fresh {
		if err := restore.CheckEmpty(ctx, side); err != nil {
			return errors.Join(err, r.unmarkRestore())
		}
	}
	_, err = transfer.Import(ctx, backupFile(dir), info, side, true, operate.Stages(r.tell))
	if err != nil {
		return fmt.Errorf("%s: %w", backupFile(dir), err)
	}
	return nil
}

// finish does what follows once log and vault are loaded.
func (r *restoring) finish(ctx context.Context) (restore.Restored, error) {
	loaded, err := r.loaded(ctx)
	if err != nil {
		return restore.Restored{}, err
	}
	done := restore.Restore{Loaded: loaded, Manifest: r.manifest, List: r.list, UID: os.Getuid()}
	return done.Finish(ctx)
}

// loaded is the server's ledger once it holds an earlier state.
func (r *restoring) loaded(ctx context.Context) (restore.Loaded, error) {
	if err := r.openMenu(ctx); err != nil {
		return restore.Loaded{}, err
	}
	side, err := r.side()
	return restore.Loaded{Log: r.store, Journal: r.journal, Vault: side.Vault, Menu: r.menu, Now: r.now, Tell: operate.Stages(r.tell)}, err
}
