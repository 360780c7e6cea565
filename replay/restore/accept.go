package restore

import (
	"context"
	"log/slog"

	"github.com/google/uuid"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/eventstore"
	"accountledger/replay/backup"
	"accountledger/replay/fit"
	"accountledger/replay/transfer"
	"accountledger/vault"
)

// Acceptance goes on with what a start refuses: the end is what the end of a restore is. It is recorded, whatever was open has ended, and
// what was destroyed stays destroyed.
type Acceptance struct {
	*Target
	fit.Accept
	// Record is the id of the event that records it, made once however often it is tried.
	Record uuid.UUID
	// Masters is the vault itself, past the list of destructions.
	Masters vault.Portable
	// Head and Key are those of the list in Parts, where one is kept.
	Head string
	Key  *vault.Key
	UID  int // of the operator
	Log  *slog.Logger
}

// Finish ends what was open and binds the parts to each other. Every step can be repeated.
func (a *Acceptance) Finish(ctx context.Context) error {
	b, err := a.Parts.Binder.Binding(ctx)
	if err != nil {
		return err
	}
	before := b.Log
	events, err := a.events(ctx)
	if err != nil {
		return err
	}
	l, err := a.loaded(ctx, nil)
	if err != nil {
		return err
	}
	lost, err := a.buryLost(ctx)
	if err != nil {
		return err
	}
	var applied int64
	state := domain.ListNone
	if list := a.Parts.List; list != nil {
		state = domain.ListProven
		if applied, err = destroy(ctx, a.Masters, list.Path(), a.Key, backup.Proof{Head: a.Head}); err != nil {
			return err
		}
	}
	cause := map[fit.Acceptable]domain.RestoreCause{fit.AcceptOlderLog: domain.CauseOlderLog, fit.AcceptOlderVault: domain.CauseOlderVault,
		fit.AcceptLogID: domain.CauseLogID}[a.Kind]
	_, err = l.menu.RecordRestore(ctx, operator(a.UID, "accept"), commands.RecordRestore{ID: domain.EventID{UUID: a.Record}, Reason: a.Reason,
		Restored: domain.LedgerRestored{Cause: cause, From: domain.LogID{UUID: before}, Events: events, List: state, UID: a.UID}})
	if err != nil {
		return err
	}
	var out Restored
	if err := l.endOpen(ctx, &out); err != nil {
		return err
	}
	a.Log.Warn("an operator went on with a ledger whose start was refused", "accepted", string(a.Kind), "keys_lost", lost, "destructions_applied", applied,
		"accounts_erased", out.Erased, "verifications_ended", out.Verifications)
	return a.Parts.BindAfter(ctx, before)
}

// events is how many the log has; 0 where its engine does not count them.
func (a *Acceptance) events(ctx context.Context) (int64, error) {
	head, err := a.Parts.Log.Head(ctx)
	if err != nil {
		return 0, err
	}
	events, unit, err := a.Parts.Log.Distance(ctx, eventstore.Position{}, head.Position)
	if unit != eventstore.UnitEvents {
		events = 0
	}
	return events, err
}

// buryLost lets what the vault lost read as gone: keys that the log names and the vault does not know.
func (a *Acceptance) buryLost(ctx context.Context) (lost int64, err error) {
	if a.Kind != fit.AcceptOlderVault {
		return 0, nil
	}
	err = transfer.MissingKeys(ctx, a.Parts.Log, a.Vault, func(name string) error {
		lost++
		return a.Vault.DestroyKeys(ctx, name)
	})
	return lost, err
}
