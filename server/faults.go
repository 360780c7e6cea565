package server

import (
	"context"
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"accountledger/api"
	"accountledger/operate/fault"
	"accountledger/passwords"
	"accountledger/processes"
)

// openFaults begins to keep account of faults.
func (s *Server) openFaults(context.Context) error {
	counter := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "accountledger_faults_total",
		Help: "Faults of what the ledger stands on, by the part of it and by what kind they are."}, []string{"where", "kind"})
	for _, where := range fault.Areas() {
		for _, kind := range fault.Kinds() {
			counter.WithLabelValues(string(where), string(kind)) // so that the first one is a rise
		}
	}
	book := fault.NewBook(s.log, time.Now, func(where fault.Area, kind fault.Kind) { counter.WithLabelValues(string(where), string(kind)).Inc() })
	s.onClose(book.Close)
	s.desk = &fault.Desk{Book: book, Answer: isAnswer, List: s.cfg.Backup.List, File: s.fileOf, Request: api.RequestID}
	return s.metrics.Register(counter)
}

// isAnswer says of errors that only this program's outer parts know that they tell of nothing broken.
func isAnswer(err error) bool {
	var busy *passwords.BusyError
	return errors.Is(err, processes.ErrMending) || errors.Is(err, api.ErrBehind) || errors.As(err, &busy)
}

// requestFailed is told of requests that were answered with 500 or above.
func (s *Server) requestFailed(ctx context.Context, f api.Failure) {
	if f.Status != 500 && fault.Of(f.Err).Kind == fault.Other { // busy, behind, stopping: refused, but nothing is broken
		return
	}
	s.desk.Met(ctx, fault.Nowhere, f.Operation, f.Err)
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
	s.desk.Met(ctx, where, consumer, err)
}

// fileOf is the file or folder in which a part of the ledger is, where an engine does not say which it was; empty where that is a server.
func (s *Server) fileOf(where fault.Area, during string) string {
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
