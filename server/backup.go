package server

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/eventstore"
	"accountledger/replay/backup"
	"accountledger/replay/carry"
)

// BackupStart is what a backup that is begun now has to know of the ledger.
type BackupStart struct {
	Begun   time.Time        `json:"begun_at"`
	Version string           `json:"version"`
	List    *backup.ListMark `json:"destructions,omitzero"` // how the list of destructions stands
}

// BackedUp is what a backup did.
type BackedUp struct {
	Folder string `json:"folder"`
	backup.Manifest
}

// errNoBackup: an archive has no vault.
var errNoBackup = &domain.Error{Kind: domain.Conflict, Code: "archive", Message: "This ledger is an archive without a vault. Keep the file that it was imported from."}

// BackupStart refuses an archive. That the backup was begun is recorded with its export.
func (o operator) BackupStart(ctx context.Context) (BackupStart, error) {
	if f, ok := o.store.(eventstore.Fencer); ok {
		stands, err := f.Fenced(ctx)
		if err != nil {
			return BackupStart{}, err
		}
		if stands.Reason == eventstore.FenceArchive {
			return BackupStart{}, errNoBackup
		}
	}
	out := BackupStart{Begun: o.now().UTC(), Version: Version()}
	if o.list == nil {
		return out, nil
	}
	m, err := o.list.Mark()
	if err != nil {
		return BackupStart{}, err
	}
	out.List = backup.MarkOf(m)
	return out, nil
}

// BackupDone records that the backup is whole.
func (o operator) BackupDone(ctx context.Context) error {
	return o.recordUnlessFenced(ctx, domain.OpBackupDone)
}

// BackedFrom is what a backup is made from.
type BackedFrom interface {
	Exporter
	// BackupStart tells what a backup that is begun now has to know of the ledger.
	BackupStart(ctx context.Context) (BackupStart, error)
	// BackupDone records that a backup is whole.
	BackupDone(ctx context.Context) error
}

// Backup writes a backup of log and vault, never of a master key, into a folder that is new, or that an earlier try broke
// off in; that goes on where it was. The ledger may be served meanwhile. It is read back, and is a backup once its manifest is there.
func Backup(ctx context.Context, c BackedFrom, dir string, progress func(Progress)) (_ BackedUp, err error) {
	if dir, err = filepath.Abs(dir); err != nil {
		return BackedUp{}, err
	}
	if err := backupFolder(dir); err != nil {
		return BackedUp{}, err
	}
	start, err := c.BackupStart(ctx) // before the vault is read: what is destroyed from here on is on the list behind this
	if err != nil {
		return BackedUp{}, err
	}
	begun := time.Now()
	if err := exportBackup(ctx, c, filepath.Join(dir, backup.LedgerName), progress); err != nil {
		return BackedUp{}, err
	}
	completed := start.Begun.Add(time.Since(begun)) // by the ledger's clock, which may be another than this process's
	m, err := backup.Complete(ctx, dir, backup.Manifest{Version: start.Version, Begun: start.Begun, Completed: completed, List: start.List}, tellCarry(progress))
	if err != nil {
		return BackedUp{}, err
	}
	return BackedUp{Folder: dir, Manifest: m}, c.BackupDone(ctx)
}

// exportBackup writes the backup's file, or goes on with one that broke off.
func exportBackup(ctx context.Context, c Exporter, path string, progress func(Progress)) (err error) {
	f, err := carry.CreateFile(path, true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if progress == nil {
		progress = func(Progress) {}
	}
	if err := c.Export(ctx, Export{Vault: true, Backup: true, From: f.Place()}, &watched{f, progress}); err != nil {
		return err
	}
	return f.Finish()
}

// backupFolder makes the folder, for its owner alone, and refuses one that holds anything else.
func backupFolder(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	part := backup.LedgerName + ".part"
	for _, e := range entries {
		if !slices.Contains([]string{backup.LedgerName, part, part + ".place", part + ".place.next", backup.ManifestName + ".next"}, e.Name()) {
			return fmt.Errorf("%s: %w: a backup goes into a folder of its own", dir, fs.ErrExist)
		}
	}
	// A whole file without a manifest: the try before ended in between. Its vault is of then, so it is made again.
	if err := os.Remove(filepath.Join(dir, backup.LedgerName)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// BackupsStatus is what operators are told of backups. Times are UTC, missing where there is none.
type BackupsStatus struct {
	// Completed is when the newest backup that the log knows of was whole.
	Completed time.Time `json:"completed_at,omitzero"`
	// KeptUntil is when the last backup that may have been made so far expires, by the setting backup.keep: until then what
	// is erased now may be held, wrapped, by a backup.
	KeptUntil time.Time `json:"kept_until,omitzero"`
	// List is the file of the list of destructions, and Destructions how many entries it has. Without a list a restore can
	// bring back what was erased after its backup.
	List         string `json:"list,omitzero"`
	Destructions int64  `json:"destructions,omitzero"`
	// Fault is what is wrong with the list or its head; empty where nothing is. Until it is mended nothing is destroyed.
	Fault string `json:"fault,omitzero"`
}

func (s *Server) backupsStatus(ctx context.Context) (BackupsStatus, error) {
	known, err := commands.ReadBackups(ctx, s.journal)
	if err != nil {
		return BackupsStatus{}, err
	}
	out := BackupsStatus{Completed: known.Completed}
	if !known.Begun.IsZero() {
		out.KeptUntil = known.Begun.Add(s.cfg.Backup.Keep)
	}
	if s.list == nil {
		return out, nil
	}
	out.List = s.list.Path()
	m, err := s.list.Mark()
	if err == nil {
		out.Destructions, err = m.Entries, s.list.Check()
	}
	if err != nil {
		out.Fault = err.Error()
	}
	return out, nil
}

func handleBackup(s *Server, mux *http.ServeMux) {
	handle(s, mux, "backup-start", func(ctx context.Context, o operator, _ struct{}, _ func(Progress)) (BackupStart, error) {
		return o.BackupStart(ctx)
	})
	handle(s, mux, "backup-done", func(ctx context.Context, o operator, _ struct{}, _ func(Progress)) (struct{}, error) {
		return struct{}{}, o.BackupDone(ctx)
	})
}

func (r *remote) BackupStart(ctx context.Context) (BackupStart, error) {
	return ask[BackupStart](ctx, r, "backup-start", struct{}{}, nil)
}

func (r *remote) BackupDone(ctx context.Context) error {
	_, err := ask[struct{}](ctx, r, "backup-done", struct{}{}, nil)
	return err
}
