package server

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"accountledger/api"
	"accountledger/consumers"
	"accountledger/consumers/effects"
	"accountledger/eventstore"
	"accountledger/journal"
	"accountledger/leases"
	"accountledger/notify"
	"accountledger/operate/fault"
	"accountledger/passwords"
	"accountledger/processes"
	"accountledger/projections/elastic"
	"accountledger/projections/view"
	"accountledger/replay/backup"
	"accountledger/vault"
)

// openFaults begins to keep account of faults.
func (s *Server) openFaults(context.Context) error {
	counter := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "accountledger_faults_total",
		Help: "Faults of what the ledger stands on, by the part of it and by what kind they are."}, []string{"where", "kind"})
	for _, where := range fault.Places() {
		for _, kind := range fault.Kinds() {
			counter.WithLabelValues(string(where), string(kind)) // so that the first one is a rise
		}
	}
	s.faults = fault.NewBook(s.log, time.Now, func(where fault.Place, kind fault.Kind) { counter.WithLabelValues(string(where), string(kind)).Inc() })
	s.onClose(s.faults.Close)
	return s.metrics.Register(counter)
}

// placed is an error that is known to be of a part of the ledger, whatever its own types say.
type placed struct {
	where fault.Place
	error
}

func (p *placed) Unwrap() error { return p.error }

// ofViews says that an error is the views'.
func ofViews(err error) error {
	if err == nil {
		return nil
	}
	return &placed{fault.Views, err}
}

// requestFailed is told of requests that were answered with 500 or above.
func (s *Server) requestFailed(ctx context.Context, f api.Failure) {
	if f.Status != 500 && fault.Of(f.Err).Kind == fault.Other { // busy, behind, stopping: refused, but nothing is broken
		return
	}
	s.met(ctx, fault.Nowhere, f.Operation, f.Err)
}

// consumerTrouble is told of what keeps a consumer from going on.
func (s *Server) consumerTrouble(ctx context.Context, consumer string, err error) {
	where := fault.Views
	switch consumer {
	case "processes":
		where = fault.Lists
	case "notify":
		where = fault.Messages
	}
	s.met(ctx, where, consumer, err)
}

// met notes an error that is a fault, once: those of the vault are noted where they arise. where is the part it is of, unless the
// error itself tells.
func (s *Server) met(ctx context.Context, where fault.Place, during string, err error) {
	if !isFault(err) {
		return
	}
	if told, ok := s.placeOf(err); ok {
		where = told
	}
	if where != fault.Vault {
		s.note(ctx, where, during, err)
	}
}

// note notes a fault and gives its cause.
func (s *Server) note(ctx context.Context, where fault.Place, during string, err error) fault.Cause {
	return s.faults.Note(fault.Met{Where: where, Doing: during, Request: api.RequestID(ctx), File: s.fileOf(where, during), Err: err})
}

// isFault says whether an error tells of something broken, and not of an answer, of somebody who left, of work that is another's, or of
// a fence that an operator put up.
func isFault(err error) bool {
	for _, not := range []error{context.Canceled, eventstore.ErrClosed, eventstore.ErrFenced, view.ErrClosed, leases.ErrClosed, leases.ErrLost, leases.ErrHeld,
		consumers.ErrRebuilding,
		consumers.ErrMoved, consumers.ErrElsewhere, consumers.ErrClosed, processes.ErrMending, effects.ErrClosed, api.ErrBehind,
		vault.ErrNotFound, vault.ErrDestroyed,
		vault.ErrInvalid, vault.ErrOccupied} {
		if errors.Is(err, not) {
			return false
		}
	}
	var busy *passwords.BusyError
	var conflict *eventstore.ConflictError
	return err != nil && !errors.As(err, &busy) && !errors.As(err, &conflict)
}

// placeOf tells from an error's types which part of the ledger it is of.
func (s *Server) placeOf(err error) (fault.Place, bool) {
	is := func(all ...error) bool {
		return slices.ContainsFunc(all, func(one error) bool { return errors.Is(err, one) })
	}
	var p *placed
	var damage *eventstore.CorruptError
	var unreadable *journal.UnreadableEventError
	var response *elastic.ResponseError
	var refused *elastic.RefusedError
	var message *notify.SendError
	switch {
	case errors.As(err, &p):
		return p.where, true
	case s.ofDestructions(err):
		return fault.Lists, true
	case is(vault.ErrUnavailable, vault.ErrCorrupt, vault.ErrMasterKey):
		return fault.Vault, true
	case errors.As(err, &damage), errors.As(err, &unreadable), is(eventstore.ErrReadOnly, eventstore.ErrNoSpace, eventstore.ErrFenced, eventstore.ErrUnavailable,
		eventstore.ErrUnknownOutcome):
		return fault.Log, true
	case errors.As(err, &response), errors.As(err, &refused), is(view.ErrUnavailable, view.ErrCorrupt):
		return fault.Views, true
	case errors.As(err, &message):
		return fault.Messages, true
	}
	return "", false
}

// ofDestructions says whether an error is that of the list of destructions or of its head, which keep the vault from destroying.
func (s *Server) ofDestructions(err error) bool {
	for _, one := range []error{backup.ErrListAltered, backup.ErrListShortened, backup.ErrHeadMissing} {
		if errors.Is(err, one) {
			return true
		}
	}
	var path *fs.PathError
	return errors.As(err, &path) && (path.Path == s.cfg.Backup.List || strings.HasPrefix(filepath.Base(path.Path), "destructions-"))
}

// fileOf is the file or folder in which a part of the ledger is, where an engine does not say which it was; empty where that is a server.
func (s *Server) fileOf(where fault.Place, during string) string {
	switch {
	case where == fault.Log && s.cfg.Store.Engine == "embedded":
		return s.cfg.path("log")
	case where == fault.Vault && s.cfg.Vault.Engine == "sqlite":
		return s.cfg.path("vault", "vault.db")
	case where == fault.Views && s.cfg.Views.Engine == "sqlite":
		return s.cfg.path("views")
	case where == fault.Lists && during == "processes":
		return s.cfg.path("deadlines.db")
	case where == fault.Lists && during != "status":
		return s.cfg.Backup.List
	}
	return ""
}
