package operate

import (
	"context"
	"io"
	"time"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/eventstore"
	"accountledger/replay/backup"
	"accountledger/replay/transfer"
)

// StartBackup gives what a backup that begins now has to know about the ledger, and refuses an archive. The export records that the
// backup began.
var StartBackup = &Operation[None, backup.Start]{
	Info: Info{Name: "backup-start"},
	do:   startBackup,
}

// EndBackup records that a backup is complete.
var EndBackup = &Operation[None, None]{
	Info: Info{Name: "backup-done", Records: RecordedIfOpen, As: domain.OpBackupDone},
	do:   func(context.Context, *call, None) (None, error) { return None{}, nil },
}

// errNoBackup: an archive has no vault.
var errNoBackup = &domain.Error{Kind: domain.Conflict, Code: "archive",
	Message: "This ledger is an archive without a vault. Keep the file that it was imported from."}

func startBackup(ctx context.Context, c *call, _ None) (backup.Start, error) {
	if f, ok := c.Log.(eventstore.Fencer); ok {
		stands, err := f.Fenced(ctx)
		if err != nil {
			return backup.Start{}, err
		}
		if stands.Reason == eventstore.FenceArchive {
			return backup.Start{}, errNoBackup
		}
	}
	return backup.StartOf(c.List, c.Now(), c.Version)
}

// Backup makes a backup from a console in a folder of this process, or resumes an interrupted one.
func Backup(ctx context.Context, c Console, dir string, progress func(Progress)) (backup.Made, error) {
	return backup.Make(ctx, backupSource{c}, dir, Stages(progress))
}

// backupSource is a console as what a backup is made from.
type backupSource struct{ Console }

// Start implements backup.Source.
func (s backupSource) Start(ctx context.Context) (backup.Start, error) {
	return StartBackup.Run(ctx, s.Console, None{}, nil)
}

// Export implements backup.Source.
func (s backupSource) Export(ctx context.Context, from transfer.Place, out io.Writer) error {
	return ExportForBackup.Write(ctx, s.Console, ExportFrom{Vault: true, From: from}, out)
}

// Done implements backup.Source.
func (s backupSource) Done(ctx context.Context) error {
	_, err := EndBackup.Run(ctx, s.Console, None{}, nil)
	return err
}

// BackupsStatus is what operators see of backups. Times are UTC, missing where there is none.
type BackupsStatus struct {
	// Completed is when the newest backup that the log knows of was complete.
	Completed time.Time `json:"completed_at,omitzero"`
	// KeptUntil is when the last backup that may have been made so far expires, by the setting backup.keep: until then a backup may
	// hold, wrapped, what is erased now.
	KeptUntil time.Time `json:"kept_until,omitzero"`
	// List is the file of the list of destructions, and Destructions how many entries it has. Without a list a restore can
	// bring back what was erased after its backup.
	List         string `json:"list,omitzero"`
	Destructions int64  `json:"destructions,omitzero"`
	// Fault is what is wrong with the list or its head; empty where nothing is. Until it is put right nothing is destroyed.
	Fault string `json:"fault,omitzero"`
}

// Backups describes the backups and the list of destructions.
func (l *Ledger) Backups(ctx context.Context) (BackupsStatus, error) {
	known, err := commands.ReadBackups(ctx, l.Journal)
	if err != nil {
		return BackupsStatus{}, err
	}
	out := BackupsStatus{Completed: known.Completed}
	if !known.Begun.IsZero() {
		out.KeptUntil = known.Begun.Add(l.Keep)
	}
	if l.List == nil {
		return out, nil
	}
	out.List = l.List.Path()
	m, err := l.List.Mark()
	if err == nil {
		out.Destructions, err = m.Entries, l.List.Check()
	}
	if err != nil {
		out.Fault = err.Error()
	}
	return out, nil
}
