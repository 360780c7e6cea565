package server

import (
	"context"
	"errors"
	"fmt"
	"time"

	"accountledger/eventstore/embedded"
	"accountledger/operate/fault"
	"accountledger/operate/folder"
	"accountledger/operate/health"
	"accountledger/replay/fit"
	"accountledger/vault"
	"accountledger/vault/postgres"
	vaultsqlite "accountledger/vault/sqlite"
)

// Witnesses of log and vault, in the data folder.
const (
	logWitness   = folder.LogWitness
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
	return &fit.RefusedError{What: fmt.Sprintf("the log is missing: there is none in %s, and %s belongs to one", s.cfg.path("log"), beside),
		Next: fit.PutBackLog}
}

// parts are the server's, to be compared.
func (s *Server) parts() *fit.Parts {
	return &fit.Parts{Log: s.store, Journal: s.journal, Vault: s.vault, Binder: s.binder, List: s.list, Archive: s.archive, Bound: &s.bound}
}

func (s *Server) checkBinding(ctx context.Context) (err error) {
	s.late, err = s.parts().Check(ctx)
	return err
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
			err = s.parts().Bind(ctx)
		}
		var behind *vault.BehindError
		var unfit *fault.UnfitError
		switch {
		case err == nil || ctx.Err() != nil:
		case errors.As(err, &behind):
			s.stop(ctx, err, "the vault was put back to an earlier state", fit.PutBackVault+", and start again")
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
	for _, look := range []func() error{func() error { return health.Of(s.masters) }, s.present.Gone, func() error { return s.checkStrangers(ctx) }} {
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
	s.desk.Take(ctx, fault.Vault, "binding", why)
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
	return s.parts().Consumers(ctx, consumers)
}

// checkEffects does so for those with effects outside, which may move when they are opened.
func (s *Server) checkEffects(ctx context.Context) error {
	effects := s.effects()
	consumers, err := effects.Consumers(ctx)
	if err != nil {
		return err
	}
	return s.parts().Consumers(ctx, consumers)
}

// checkStrangers looks whether a vault that one process has knows every key that was named since it was bound last, where others can
// append to the log: one who has a copy of the vault makes keys that this one lacks.
func (s *Server) checkStrangers(ctx context.Context) error {
	if s.cfg.Store.Engine != "esdb" || s.cfg.Vault.Engine == "postgres" || s.archive {
		return nil
	}
	missing, err := s.parts().Keys(ctx)
	if err == nil && missing {
		return &fault.UnfitError{Says: "another process with another vault appends to this log, which names a key that this vault never had: stop it; several " +
			"processes share their vault as well (vault.engine: postgres)"}
	}
	return err
}
