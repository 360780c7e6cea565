package server

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"accountledger/eventstore"
	"accountledger/eventstore/embedded"
	"accountledger/eventstore/esdb"
	"accountledger/operate/fault"
	"accountledger/replay/audit"
	"accountledger/vault"
	"accountledger/vault/postgres"
	vaultsqlite "accountledger/vault/sqlite"
)

// Log, vault and consumers belong together. What ties them: the vault records the place in the log up to which it surely has every
// key (vault.Binding), witnesses outside of log and vault say what each acknowledged last, and consumers stand at a place of the
// log with the id of its event. A start compares all of them, before anything is served.

// Witnesses of log and vault, in the data folder.
const (
	logWitness   = "log.acknowledged"
	vaultWitness = "vault.acknowledged"
)

// bindEvery is how often the vault records how far the log has come. A start after a crash reads as much of the log again.
const bindEvery = time.Second

// checkLog refuses a data folder that lacks its log, before one would be made.
func (s *Server) checkLog(ctx context.Context) error {
	if s.cfg.Store.Engine == "esdb" {
		return nil
	}
	there, err := embedded.Exists(s.cfg.path("log"), nil)
	if err != nil || there {
		return err
	}
	for _, left := range []string{logWitness, vaultWitness} {
		if exists(s.cfg.path(left)) {
			return s.logMissing(s.cfg.path(left))
		}
	}
	_, bound, err := s.lookForVault(ctx)
	switch {
	case err != nil:
		return err
	case bound:
		return s.logMissing("the vault")
	}
	for _, left := range []string{"deadlines.db", "notify.checkpoint", "views"} {
		if exists(s.cfg.path(left)) {
			return s.logMissing(s.cfg.path(left))
		}
	}
	return nil
}

// lookForVault says whether there is a vault, and whether it may belong to a log.
func (s *Server) lookForVault(ctx context.Context) (there, bound bool, err error) {
	if s.cfg.Vault.Engine == "postgres" {
		return postgres.Look(ctx, s.cfg.Vault.Postgres, s.cfg.Vault.Schema)
	}
	there, err = vaultsqlite.Exists(s.cfg.path("vault"))
	return there, there, err
}

func (s *Server) logMissing(beside string) error {
	return &RefusedError{What: fmt.Sprintf("the log is missing: there is none in %s, and %s belongs to one", s.cfg.path("log"), beside),
		Next: putBackLog}
}

// refuseLog names what is wrong with a log that does not open.
func refuseLog(err error) error {
	if err == nil {
		return nil
	}
	var corrupt *eventstore.CorruptError
	var noID *esdb.NoLogIDError
	if errors.As(err, &noID) {
		return lostLogID(err)
	}
	if errors.As(err, &corrupt) && corrupt.Missing > 0 {
		return olderLog(fmt.Sprintf("the log is older than it was: its last %d acknowledged events are missing, as %s says", corrupt.Missing, corrupt.By), err)
	}
	if corrupt != nil {
		return &RefusedError{What: "the log does not open: it is damaged",
			Next: "Restore the newest backup into a new folder; accountledger salvage makes one of what can be read of this log", err: err}
	}
	return err
}

// refuseVault names what is wrong with a vault that does not open.
func refuseVault(err error) error {
	var refused *RefusedError
	var behind *vault.BehindError
	switch {
	case errors.As(err, &refused):
	case errors.As(err, &behind):
		return olderVault("the vault is older than it was", err)
	case errors.Is(err, vault.ErrCorrupt):
		return &RefusedError{What: "the vault is damaged", Next: putBackVault, err: err}
	case errors.Is(err, vault.ErrMasterKey):
		return &RefusedError{What: "the vault does not open under the master keys that are here",
			Next: "Give the file of the key that it names with --master-key, or with --master-key-older; a vault of another ledger is under another key", err: err}
	}
	return err
}

// checkBinding compares vault and log, and binds a vault that is new beside a log that is new.
func (s *Server) checkBinding(ctx context.Context) error {
	id, err := s.store.LogID(ctx)
	if err != nil {
		return err
	}
	b, err := s.binder.Binding(ctx)
	switch {
	case err != nil:
		return err
	case b.IsZero():
		events, err := s.hasEvents(ctx)
		if err != nil {
			return err
		}
		if !events || s.archive {
			return s.bind(ctx)
		}
		return &RefusedError{What: fmt.Sprintf("the vault never belonged to log %s, whose events name keys that it does not have", id), Next: putBackVault}
	case b.Log != id:
		return &RefusedError{What: fmt.Sprintf("the vault belongs to log %s, and this is log %s", b.Log, id),
			Next: "Put log and vault of one ledger together"}
	}
	from := bindingPlace(b)
	var foreign *eventstore.ForeignCheckpointError
	if err := s.journal.Fits(ctx, from); errors.As(err, &foreign) {
		return olderLog("the log is older than its vault", err)
	} else if err != nil {
		return err
	}
	if s.archive {
		return nil
	}
	tail, err := audit.Since(ctx, s.store, s.journal, s.vault, from.Position)
	switch {
	case err != nil:
		return refuseLog(err)
	case tail.Missing != nil:
		return olderVault("the vault is older than its log, or another's", tail.Missing)
	case tail.Live != nil:
		return olderVault("the vault is older than its log", tail.Live)
	}
	s.late = tail.Late
	return nil
}

// hasEvents says whether the log has any.
func (s *Server) hasEvents(ctx context.Context) (bool, error) {
	for page, err := range eventstore.Pages(ctx, s.store, eventstore.Position{}, 1) {
		if err != nil || len(page.Events) > 0 {
			return err == nil, err
		}
	}
	return false, nil
}

func bindingPlace(b vault.Binding) eventstore.Checkpoint {
	c := eventstore.Checkpoint{Log: b.Log, Position: eventstore.NewPosition(b.Commit, b.Prepare), Event: b.Event}
	if c.IsZero() {
		return eventstore.Checkpoint{} // of an empty log
	}
	return c
}

// bind has the vault record where the log is: every key that is named up to there was made before.
func (s *Server) bind(ctx context.Context) error {
	head, err := s.store.Head(ctx)
	if err != nil {
		return err
	}
	id, err := s.store.LogID(ctx)
	if err != nil {
		return err
	}
	b := vault.Binding{Log: id, Commit: head.Position.Commit(), Prepare: head.Position.Prepare(), Event: head.Event}
	if s.list != nil {
		m, err := s.list.Mark()
		if err != nil {
			return err
		}
		b.List = vault.Listed{Entries: m.Entries, Hash: m.Hash}
	}
	if s.bound != nil && *s.bound == b {
		return nil
	}
	if err := s.binder.Bind(ctx, b); err != nil {
		return err
	}
	s.bound = &b
	return nil
}

// bindAfter binds a vault to its log, whose history goes on with that of another one.
func (s *Server) bindAfter(ctx context.Context, before uuid.UUID) error {
	b, err := s.binder.Binding(ctx)
	if err != nil {
		return err
	}
	id, err := s.store.LogID(ctx)
	if err != nil {
		return err
	}
	if b.Log != id && b.Log != before {
		if err := s.binder.Bind(ctx, vault.Binding{Log: before}); err != nil {
			return err
		}
	}
	return s.bind(ctx)
}

// keepBound binds until ctx ends. Where the vault cannot be written now, the next time makes up for it. A vault that was put back
// meanwhile ends all appends: what they named would be lost with it.
func (s *Server) keepBound(ctx context.Context) error {
	tick := time.NewTicker(bindEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		err := s.stillFits(ctx)
		if err == nil {
			err = s.bind(ctx)
		}
		var behind *vault.BehindError
		var unfit *fault.UnfitError
		switch {
		case err == nil || ctx.Err() != nil:
		case errors.As(err, &behind):
			s.stop(ctx, err, "the vault was put back to an earlier state", putBackVault+", and start again")
			return nil
		case errors.As(err, &unfit):
			s.stop(ctx, err, unfit.Says, "see accountledger status")
			return nil
		default:
			s.log.Debug("the vault could not record where the log is", "error", err.Error())
		}
	}
}

// stillFits looks whether the parts fit together as they did at the start, as far as that can be seen from here.
func (s *Server) stillFits(ctx context.Context) error {
	for _, look := range []func() error{func() error { return healthOf(s.masters) }, s.present.gone, func() error { return s.checkStrangers(ctx) }} {
		if err := look(); err != nil {
			return err
		}
	}
	return nil
}

// stop ends all appends of this process.
func (s *Server) stop(ctx context.Context, why error, what, next string) {
	s.unfit.Store(&why)
	s.journal.Stop(why)
	s.note(ctx, fault.Vault, "binding", why)
	s.log.Error(what+": nothing is appended any more", "next", next)
}

// finishLate destroys what events say is destroyed and a crash left, as the processes would a little later.
func (s *Server) finishLate(ctx context.Context) error {
	if len(s.late) == 0 {
		return nil
	}
	s.log.Info("keys are destroyed whose destruction a crash interrupted", "keys", len(s.late))
	return s.vault.DestroyKeys(ctx, s.late...)
}

// checkConsumers refuses consumers that stand at places which the log does not have. What is made again by itself anyway does not
// count, nor what cannot be reached now.
func (s *Server) checkConsumers(ctx context.Context) error {
	consumers, err := s.standing(ctx)
	if err != nil {
		return err
	}
	return s.checkPlaces(ctx, consumers)
}

// checkEffects does so for those with effects outside, which may move when they are opened.
func (s *Server) checkEffects(ctx context.Context) error {
	effects, err := s.effects(ctx)
	if err != nil {
		return err
	}
	return s.checkPlaces(ctx, placesOf(effects))
}

func (s *Server) checkPlaces(ctx context.Context, consumers []audit.Consumer) error {
	before, err := s.binder.Before(ctx)
	if err != nil {
		return err
	}
	id, err := s.store.LogID(ctx)
	if err != nil {
		return err
	}
	for _, c := range consumers {
		at, err := c.At(ctx)
		if err == nil {
			err = s.journal.Fits(ctx, at)
		}
		var foreign *eventstore.ForeignCheckpointError
		switch {
		case !errors.As(err, &foreign): // it fits, is made again, or is told of by its own state
		case foreign.Checkpoint.Log == id:
			return olderLog(fmt.Sprintf("the log is older than %s, which stands at %s", c.Name, foreign.Checkpoint.Position), err)
		case slices.Contains(before, foreign.Checkpoint.Log): // it begins again, as it must with a new history
		default:
			return &RefusedError{What: fmt.Sprintf("%s belongs to log %s, and this is log %s", c.Name, foreign.Checkpoint.Log, id),
				Next: "Put the parts of one ledger together; a view or a list that is moved away is made again from the log"}
		}
	}
	return nil
}
