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
	var id domain.EventID
	err := retry(ctx, func(ctx context.Context) error {
		head, err := k.Journal.EndOf(ctx, streamOf(in.Operation))
		if err != nil {
			return err
		}
		entries, err := k.entries(ctx, head, about{}, domain.OperationPerformed{Operation: in.Operation, UID: k.Caller.UID, Views: in.Views})
		if err != nil {
			return err
		}
		facts, err := k.commit(ctx, head, entries)
		if err == nil {
			id = facts[0].ID
		}
		return err
	})
	return id, err
}

// streamOf is the stream that an operator's act stands in.
func streamOf(op domain.Operation) string {
	if op == domain.OpBackup || op == domain.OpBackupDone {
		return domain.BackupsStream
	}
	return domain.OperationsStream
}

// Backups tells of the backups that the log knows of. Times are UTC and zero where there is none.
type Backups struct {
	// Begun is when the newest may have been begun, whether or not it came to its end; a restored log does not know of those that
	// were made after its own, so there it is the restore.
	Begun time.Time
	// Completed is when the newest that is whole was completed.
	Completed time.Time
}

// backupsBack is how many acts are looked through for a backup that came to its end.
const backupsBack = 1000

// ReadBackups tells operators of the backups that a log knows of.
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
