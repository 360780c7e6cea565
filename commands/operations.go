package commands

import (
	"context"
	"time"

	"accountledger/domain"
	"accountledger/journal"
)

// Operate records an operator's command before it is carried out.
type Operate struct {
	Operation domain.Operation  `json:"operation"`
	Views     []domain.ViewName `json:"views"`
}

func (k *call) operate(ctx context.Context, in Operate) (domain.EventID, error) {
	f, err := k.note(ctx, k.operations(streamOf(in.Operation)), domain.OperationPerformed{Operation: in.Operation, UID: k.Caller.UID, Views: in.Views})
	return f.ID, err
}

// streamOf is the stream that an operator's command is recorded in.
func streamOf(op domain.Operation) string {
	if op == domain.OpBackup || op == domain.OpBackupDone {
		return domain.BackupsStream
	}
	return domain.OperationsStream
}

// Backups says what the log knows about backups. Times are UTC, zero if there is none.
type Backups struct {
	// Begun is the latest time that a backup may have started, completed or not; a restored log does not know of backups made
	// after its own, so there it is at least the time of the restore.
	Begun time.Time
	// Completed is when the newest complete backup was completed.
	Completed time.Time
}

// backupsBack is how many commands to search for a completed backup.
const backupsBack = 1000

// ReadBackups reads what a log knows about backups.
func ReadBackups(ctx context.Context, j *journal.Journal) (Backups, error) {
	var out Backups
	n := 0
	for rec, err := range j.ReadableBack(ctx, domain.BackupsStream) {
		if err != nil {
			return out, err
		}
		e, ok := rec.Event.(domain.OperationPerformed)
		switch {
		case ok && e.Operation == domain.OpBackup && out.Begun.IsZero():
			out.Begun = rec.At
		case ok && e.Operation == domain.OpBackupDone && out.Completed.IsZero():
			out.Completed = rec.At
		}
		if n++; n == backupsBack || !out.Begun.IsZero() && !out.Completed.IsZero() {
			break
		}
	}
	for rec, err := range j.ReadableBack(ctx, domain.RestoresStream) {
		if err != nil {
			return out, err
		}
		if rec.At.After(out.Begun) {
			out.Begun = rec.At
		}
		break
	}
	return out, nil
}
