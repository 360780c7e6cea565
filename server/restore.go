package server

import (
	"context"
	"errors"
	"fmt"
	"os"

	"accountledger/domain"
	"accountledger/replay/backup"
	"accountledger/replay/carry"
)

// RestoreOptions are what an operator decides of a restore.
type RestoreOptions struct {
	// List is the file of the list of destructions; empty: that of the setting backup.list, if it is there.
	List string
	// WithoutList restores without one, although one was kept: what was destroyed after the backup comes back. It is recorded.
	WithoutList bool
	// UnprovenList applies a list of which it cannot be proved that nothing is missing from its end: its head, beside the
	// master key, is lost, or it is not the list that the backup knew. It is recorded.
	UnprovenList bool
}

// Restored is what a restore did.
type Restored struct {
	From   string `json:"from"` // the log that was backed up
	To     string `json:"to"`
	Events int64  `json:"events"`
	Hash   string `json:"hash"`
	Rows   int64  `json:"rows"`
	// List is what became of the list of destructions, and Destructions how many names of it were applied.
	List         domain.ListState `json:"list"`
	Destructions int64            `json:"destructions"`
	// Erased accounts were erased, or being erased, after the backup, and SignUps under way when it was made; both were ended.
	Erased  int64 `json:"erased"`
	SignUps int64 `json:"sign_ups"`
}

// Errors of Restore, beside those of package backup.
var (
	// ErrListMissing: the backup knows of a list of destructions, or its head lies beside the master key, and none was given.
	ErrListMissing = errors.New("a list of destructions was kept: name it with --list, or restore without it (--without-list), which brings back whoever was erased since")
	// ErrNoMasterKey: the rows of the vault cannot be opened.
	ErrNoMasterKey = errors.New("a master key of the backup is not among the files of master keys")
	// ErrRestoring: the ledger in the folder is not whole yet.
	ErrRestoring = errors.New("this data folder is the target of a restore that has not come to its end: run that command again, or delete the folder")
	// ErrOtherRestore: another backup was being restored into the folder.
	ErrOtherRestore = errors.New("another backup was being restored into this data folder: go on with that one, or delete the folder")
)

// Restore makes a ledger of a backup, under a new log id, in a folder, and for other engines in a log and a vault, that are
// empty or that an earlier try broke off in. The backup and the list are checked whole before anything is made. Whatever was open
// when the backup was made has ended: sessions, enrolment codes, verifications. What was destroyed since is destroyed again.
// Nothing can be served from the folder before all of that is done.
func Restore(ctx context.Context, cfg Config, dir string, in RestoreOptions, o MoveOptions) (_ Restored, err error) {
	mark, err := restoreTarget(&cfg)
	if err != nil {
		return Restored{}, err
	}
	m, contents, err := backup.Check(ctx, dir, tellCarry(o.Progress))
	if err != nil {
		return Restored{}, err
	}
	if mark.Backup != "" && mark.Backup != m.Sum {
		return Restored{}, ErrOtherRestore
	}
	list, err := checkList(&cfg, in, m, contents)
	if err != nil {
		return Restored{}, err
	}
	fresh := mark.Backup == ""
	if err := os.MkdirAll(cfg.Data, 0o700); err != nil {
		return Restored{}, err
	}
	mark.Backup = m.Sum
	if err := mark.save(&cfg); err != nil {
		return Restored{}, err
	}
	s, err := openSide(ctx, cfg, o, true)
	if fresh && errors.Is(err, errVaultMissing) {
		return Restored{}, errors.Join(fmt.Errorf("log: %w", ErrRestoreNotEmpty), os.Remove(cfg.path(restoringMark)))
	}
	if err != nil {
		return Restored{}, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	r := &restoring{Server: s, manifest: m, list: list, tell: o.Progress}
	if !mark.Loaded {
		if err := r.load(ctx, dir, contents.FileInfo, fresh); err != nil {
			return Restored{}, err
		}
		mark.Loaded = true
		if err := mark.save(&cfg); err != nil {
			return Restored{}, err
		}
	}
	out, err := r.settle(ctx)
	if err != nil {
		return Restored{}, err
	}
	if err := s.bindAfter(ctx, m.Log); err != nil {
		return Restored{}, err
	}
	return out, s.unmarkRestore()
}

// restoring is a restore under way.
type restoring struct {
	*Server
	manifest backup.Manifest
	list     listChecked
	tell     func(Progress)
}

// load makes log and vault hold what the backup does.
func (r *restoring) load(ctx context.Context, dir string, info carry.FileInfo, fresh bool) error {
	side, err := r.side()
	if err != nil {
		return err
	}
	if fresh {
		if err := emptySide(ctx, side); err != nil {
			return errors.Join(err, r.unmarkRestore())
		}
	}
	_, err = carry.Import(ctx, backupFile(dir), info, side, true, tellCarry(r.tell))
	if err != nil {
		return fmt.Errorf("%s: %w", backupFile(dir), err)
	}
	return nil
}
