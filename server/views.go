package server

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"accountledger/api"
	"accountledger/consumers"
	"accountledger/journal"
	"accountledger/operate/fault"
	"accountledger/projections/elastic"
	viewsqlite "accountledger/projections/sqlite"
	"accountledger/projections/view"
)

// openViewsEngine opens the engine that the views are in. It does not fail where Elasticsearch cannot be reached.
func (s *Server) openViewsEngine() (view.Engine, error) {
	c := s.cfg.Views
	if c.Engine != "elasticsearch" {
		return viewsqlite.NewWith(s.cfg.path("views"), viewsqlite.Options{FillMemory: s.budget.EngineShare()})
	}
	o := elastic.Options{Prefix: c.Index, Username: c.Username}
	for _, url := range strings.Split(c.Elastic, ",") {
		o.URLs = append(o.URLs, strings.TrimSpace(url))
	}
	var err error
	if o.Password, err = readSecret("views.password_file", c.PasswordFile); err != nil {
		return nil, err
	}
	if c.CAFile != "" {
		if o.CACert, err = os.ReadFile(c.CAFile); err != nil {
			return nil, fmt.Errorf("config: views.ca_file: %w", err)
		}
	}
	return elastic.New(o)
}

var _ api.Views = (*Server)(nil)

// Schema gives what can be asked of a view.
func (s *Server) Schema(name string) (*view.Schema, bool) { return s.views.Schema(name) }

// Query answers from the live generation, once it has come to from.
func (s *Server) Query(ctx context.Context, name string, q view.Query, from journal.Position, wait time.Duration) (*view.Result, view.GenerationID, error) {
	waiting, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	if !from.IsZero() && (s.leases != nil || s.runner == nil) { // others work on it
		result, id, err := s.views.QueryAt(waiting, name, q, from)
		return result, id, fault.In(fault.Views, behind(ctx, err))
	}
	if !from.IsZero() {
		if err := s.runner.WaitFor(waiting, name, from); err != nil {
			return nil, view.GenerationID{}, behind(ctx, err)
		}
	}
	result, id, err := s.views.Query(ctx, name, q)
	return result, id, fault.In(fault.Views, behind(ctx, err))
}

// behind says in the API's terms that a view cannot answer yet.
func behind(ctx context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
		return err
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, consumers.ErrStopped), errors.Is(err, consumers.ErrRebuilding),
		errors.Is(err, consumers.ErrClosed):
		return errors.Join(api.ErrBehind, err)
	}
	return err
}
