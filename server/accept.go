package server

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"accountledger/domain"
	"accountledger/operate/folder"
	"accountledger/replay/backup"
	"accountledger/replay/fit"
	"accountledger/replay/restore"
	"accountledger/replay/unfinished"
)

// accept goes on with what a start refuses. An older log begins a new history under a new id; the end of either is what the end of a
// restore is: it is recorded, whatever was open has ended, and what was destroyed stays destroyed. Broken off, it goes on when it
// is asked for again; until it has come to its end the folder cannot be served.
func accept(ctx context.Context, cfg Config, o Options) (err error) {
	if _, err := domain.ParseOperatorReason(o.Accept.Reason); err != nil {
		return fmt.Errorf("--reason: %w", err)
	}
	m, err := acceptedMark(ctx, cfg, o)
	if err != nil {
		return err
	}
	s := &Server{cfg: cfg, now: o.Now, log: logger(cfg.Log, o.LogTo), metrics: prometheus.NewRegistry(), accepted: o.Accept.Kind}
	defer func() { err = errors.Join(err, s.Close()) }()
	f, err := folder.Hold(s.cfg.Data)
	if err != nil {
		return err
	}
	s.onClose(f.Close)
	if s.accepted == fit.AcceptLogID && !m.Loaded {
		if err := s.putBackLogID(ctx); err != nil {
			return err
		}
	}
	if err := s.openLog(ctx); err != nil {
		return err
	}
	if err := s.renew(ctx, &m); err != nil {
		return err
	}
	if err := s.openVault(ctx); err != nil {
		return err
	}
	if err := s.openDestructions(ctx); err != nil {
		return err
	}
	if err := s.finishAccepted(ctx, o.Accept, m); err != nil {
		return err
	}
	return unfinished.Clear(s.cfg.Data)
}

// finishAccepted ends what was open, once log and vault are what they are to be.
func (s *Server) finishAccepted(ctx context.Context, what fit.Accept, m unfinished.Mark) error {
	t, err := s.target()
	if err != nil {
		return err
	}
	a := restore.Acceptance{Target: t, Accept: what, Record: m.ID, Masters: s.masters, UID: os.Getuid(), Log: s.log}
	if s.list != nil {
		if a.Key, err = backup.Key(ctx, s.vault); err != nil {
			return err
		}
		if a.Head, err = s.cfg.headPath(a.Key); err != nil {
			return err
		}
	}
	return a.Finish(ctx)
}

// acceptedMark makes sure that there is what is to be accepted, and gives the mark of it.
func acceptedMark(ctx context.Context, cfg Config, o Options) (unfinished.Mark, error) {
	m, err := unfinished.Of(cfg.Data)
	if err == nil && m.Command == unfinished.Accept {
		if m.Accept != o.Accept.Kind {
			return m, fmt.Errorf("%w: it was begun with --accept %s, and goes on with that", ErrNotAcceptable, m.Accept)
		}
		return m, nil
	}
	s, err := open(ctx, cfg, Options{Now: o.Now, LogTo: o.LogTo, Hashing: o.Hashing})
	if err == nil {
		return m, errors.Join(ErrNothingToAccept, s.Close())
	}
	var refused *fit.RefusedError
	switch {
	case !errors.As(err, &refused):
		return m, err
	case refused.Accept == "":
		return m, fmt.Errorf("%w: %w", ErrNotAcceptable, err)
	case refused.Accept != o.Accept.Kind:
		return m, fmt.Errorf("%w: it would take --accept %s: %w", ErrNotAcceptable, refused.Accept, err)
	}
	m = unfinished.Mark{Command: unfinished.Accept, Accept: o.Accept.Kind, ID: uuid.New()}
	return m, m.Save(cfg.Data)
}

// renewer is a log that begins a new history in place, under a new id. Logs of one process do so when they are opened.
type renewer interface {
	NewHistory(ctx context.Context) (uuid.UUID, error)
}

// putBackLogID has the log's server hold the id of the log again that the vault belongs to.
func (s *Server) putBackLogID(ctx context.Context) (err error) {
	store, err := s.logStore()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	log, ok := store.(interface {
		PutBackID(ctx context.Context, id uuid.UUID) error
	})
	if !ok {
		return fmt.Errorf("%w: the log has its id", ErrNotAcceptable)
	}
	id, err := s.vaultsLog(ctx)
	if err != nil {
		return err
	}
	return log.PutBackID(ctx, id)
}

// vaultsLog is the id of the log that the vault belongs to.
func (s *Server) vaultsLog(ctx context.Context) (id uuid.UUID, err error) {
	v := &Server{cfg: s.cfg, now: s.now, log: s.log}
	defer func() { err = errors.Join(err, v.Close()) }()
	if err := v.readVaultEngine(ctx, false); err != nil {
		return id, fit.Vault(err)
	}
	b, err := v.binder.Binding(ctx)
	if err == nil && b.IsZero() {
		err = fmt.Errorf("%w: the vault does not know the log's id either", ErrNotAcceptable)
	}
	return b.Log, err
}

// renew has an older log begin a new history, and notes which one it goes on with.
func (s *Server) renew(ctx context.Context, m *unfinished.Mark) error {
	if log, ok := s.store.(renewer); ok && s.accepted == fit.AcceptOlderLog && !m.Loaded {
		if _, err := log.NewHistory(ctx); err != nil {
			return err
		}
	}
	m.Loaded = true
	return m.Save(s.cfg.Data)
}
