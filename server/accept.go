package server

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/go-json-experiment/json"
	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/eventstore"
	"accountledger/operate"
	"accountledger/replay/backup"
	"accountledger/replay/carry"
	"accountledger/replay/restore"
	"accountledger/vault"
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
	f, err := holdFolder(&s.cfg)
	if err != nil {
		return err
	}
	s.onClose(f.close)
	if s.accepted == AcceptLogID && !m.Loaded {
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
	r := &restoring{Server: s}
	a := accepting{restoring: r, mark: m, reason: o.Accept.Reason}
	if err := a.settle(ctx); err != nil {
		return err
	}
	return s.unmarkRestore()
}

// acceptedMark makes sure that there is what is to be accepted, and gives the mark of it.
func acceptedMark(ctx context.Context, cfg Config, o Options) (restoreMark, error) {
	b, err := os.ReadFile(cfg.path(restoringMark))
	var m restoreMark
	if err == nil && json.Unmarshal(b, &m) == nil && m.Accept != "" {
		if m.Accept != o.Accept.Kind {
			return m, fmt.Errorf("%w: it was begun with --accept %s, and goes on with that", ErrNotAcceptable, m.Accept)
		}
		return m, nil
	}
	s, err := open(ctx, cfg, Options{Now: o.Now, LogTo: o.LogTo, Hashing: o.Hashing})
	if err == nil {
		return m, errors.Join(ErrNothingToAccept, s.Close())
	}
	var refused *RefusedError
	switch {
	case !errors.As(err, &refused):
		return m, err
	case refused.Accept == "":
		return m, fmt.Errorf("%w: %w", ErrNotAcceptable, err)
	case refused.Accept != o.Accept.Kind:
		return m, fmt.Errorf("%w: it would take --accept %s: %w", ErrNotAcceptable, refused.Accept, err)
	}
	m = restoreMark{Accept: o.Accept.Kind, ID: uuid.New()}
	return m, m.save(&cfg)
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
		return id, refuseVault(err)
	}
	b, err := v.binder.Binding(ctx)
	if err == nil && b.IsZero() {
		err = fmt.Errorf("%w: the vault does not know the log's id either", ErrNotAcceptable)
	}
	return b.Log, err
}

// renew has an older log begin a new history, and notes which one it goes on with.
func (s *Server) renew(ctx context.Context, m *restoreMark) error {
	if log, ok := s.store.(renewer); ok && s.accepted == AcceptOlderLog && !m.Loaded {
		if _, err := log.NewHistory(ctx); err != nil {
			return err
		}
	}
	m.Loaded = true
	return m.save(&s.cfg)
}

// accepting is an acceptance under way.
type accepting struct {
	*restoring
	mark   restoreMark
	reason string
}

func (a *accepting) settle(ctx context.Context) error {
	b, err := a.binder.Binding(ctx)
	if err != nil {
		return err
	}
	before := b.Log
	if err := a.openDestructions(ctx); err != nil {
		return err
	}
	if err := a.openMenu(ctx); err != nil {
		return err
	}
	head, err := a.store.Head(ctx)
	if err != nil {
		return err
	}
	events, unit, err := a.store.Distance(ctx, eventstore.Position{}, head.Position)
	if err != nil {
		return err
	}
	if unit != eventstore.UnitEvents {
		events = 0
	}
	lost, err := a.buryLost(ctx)
	if err != nil {
		return err
	}
	applied, err := a.applyOwnList(ctx)
	if err != nil {
		return err
	}
	cause := map[Acceptable]domain.RestoreCause{AcceptOlderLog: domain.CauseOlderLog, AcceptOlderVault: domain.CauseOlderVault,
		AcceptLogID: domain.CauseLogID}[a.accepted]
	_, err = a.menu.RecordRestore(ctx, operate.OperatorRequest(os.Getuid(), "accept", domain.EventID{}), commands.RecordRestore{
		ID: domain.EventID{UUID: a.mark.ID}, Reason: a.reason,
		Restored: domain.LedgerRestored{Cause: cause, From: domain.LogID{UUID: before}, Events: events, List: a.listState(), UID: os.Getuid()}})
	if err != nil {
		return err
	}
	loaded, err := a.loaded(ctx)
	if err != nil {
		return err
	}
	var out restore.Restored
	if err := loaded.EndOpen(ctx, &out); err != nil {
		return err
	}
	a.log.Warn("an operator went on with a ledger whose start was refused", "accepted", string(a.accepted), "keys_lost", lost, "destructions_applied", applied,
		"accounts_erased", out.Erased, "sign_ups_ended", out.SignUps)
	return a.bindAfter(ctx, before)
}

// buryLost lets what the vault lost read as gone: keys that the log names and the vault does not know.
func (a *accepting) buryLost(ctx context.Context) (lost int64, err error) {
	if a.accepted != AcceptOlderVault {
		return 0, nil
	}
	err = carry.MissingKeys(ctx, a.store, a.vault, func(name string) error {
		lost++
		return a.vault.DestroyKeys(ctx, name)
	})
	return lost, err
}

// applyOwnList destroys again what the ledger's list of destructions tells of.
func (a *accepting) applyOwnList(ctx context.Context) (int64, error) {
	if a.Server.list == nil {
		return 0, nil
	}
	key, err := a.listKey(ctx)
	if err != nil {
		return 0, err
	}
	head, err := a.cfg.headPath(key)
	if err != nil {
		return 0, err
	}
	apply := backup.NewApplier(a.binder.(vault.Vault)) // the vault itself, past its list
	_, err = backup.ReadList(a.Server.list.Path(), key, backup.Proof{Head: head}, func(d backup.Destroyed) error { return apply.Apply(ctx, d) })
	if err == nil {
		err = apply.End(ctx)
	}
	return apply.Names + apply.Claims, err
}

func (a *accepting) listState() domain.ListState {
	if a.Server.list == nil {
		return domain.ListNone
	}
	return domain.ListProven
}
