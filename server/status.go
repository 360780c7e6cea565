package server

import (
	"context"
	"errors"
	"sync"
	"time"

	"accountledger/server/fault"
)

// Fault is something that went wrong beneath the ledger, with its cause, since when and how often.
type Fault = fault.Fault

// Unread is a part of the status that cannot be told now, and why.
type Unread struct {
	What  string      `json:"what"`
	Cause fault.Cause `json:"cause"`
}

// statusWithin bounds the whole of a status where a part of the ledger is on a server: what cannot be read by then is named, and the
// rest told without. An engine of this process is busy at most.
func (c *Config) statusWithin() time.Duration {
	if c.Store.Engine == "esdb" || c.Vault.Engine == "postgres" || c.Views.Engine == "elasticsearch" {
		return time.Second
	}
	return 10 * time.Second
}

// told is a part of the status: it fills in its own fields, and says what it cannot tell.
type told struct {
	where fault.Place
	what  string
	tell  func(ctx context.Context, st *Status) error
}

// unread tells why a part of the status cannot be told.
func (s *Server) unread(ctx context.Context, t told, err error) Unread {
	where := t.where
	if told, ok := s.placeOf(err); ok {
		where = told
	}
	c := fault.Of(err)
	if isFault(err) && ctx.Err() == nil { // that there was no time is no fault yet
		c = s.note(ctx, where, "status", err)
	}
	return Unread{t.what, c}
}

// status gathers what operators are told, side by side. Whatever cannot be read is named with its cause, and the rest told all the
// same: then it is needed most.
func (s *Server) status(ctx context.Context) Status {
	st := Status{Version: Version(), Messages: MessagesTo(s.cfg), Ready: true, Clock: s.clockStatus()}
	if address := s.address.Load(); address != nil {
		st.Running, st.Address, st.Internal = true, *address, s.Internal()
	}
	ctx, cancel := context.WithTimeout(ctx, s.cfg.statusWithin())
	defer cancel()
	parts := s.parts()
	unread := make([]*Unread, len(parts))
	var all sync.WaitGroup
	all.Go(func() { s.statusOfReadiness(ctx, &st) })
	for i, part := range parts {
		all.Go(func() {
			if err := part.tell(ctx, &st); err != nil {
				u := s.unread(ctx, part, err)
				unread[i] = &u
			}
		})
	}
	all.Wait()
	for _, u := range unread {
		if u != nil {
			st.Unread = append(st.Unread, *u)
		}
	}
	st.Faults = s.faults.All()
	return st
}

// parts are what a status tells, but for readiness.
func (s *Server) parts() []told {
	return []told{
		{fault.Log, "log", s.statusOfLog},
		{fault.Lists, "deadlines", func(ctx context.Context, st *Status) (err error) {
			if s.processes != nil {
				st.Deadlines, err = s.processes.Waiting(ctx)
			}
			return err
		}},
		{fault.Vault, "master keys", func(ctx context.Context, st *Status) (err error) {
			st.MasterKeys, err = s.keysInUse(ctx)
			return err
		}},
		{fault.Lists, "backups", func(ctx context.Context, st *Status) (err error) {
			st.Backups, err = s.backupsStatus(ctx)
			return err
		}},
		{fault.Log, "skipped events", func(ctx context.Context, st *Status) error {
			skips, err := s.skipsOf(ctx)
			if err == nil && len(skips) > 0 {
				st.Skips = skips
			}
			return err
		}},
		{fault.Views, "rebuilds", func(ctx context.Context, st *Status) (err error) {
			st.Rebuilds, err = s.rebuilds(ctx)
			return err
		}},
		{fault.Log, "consumers", s.statusOfConsumers},
	}
}

func (s *Server) statusOfReadiness(ctx context.Context, st *Status) {
	err := s.check(ctx)
	if err == nil {
		return
	}
	st.Ready, st.Reason = false, fault.Of(err).String()
	if where, ok := s.placeOf(err); ok {
		st.Reason = string(where) + ": " + st.Reason
	}
	if errors.Is(err, errDraining) || errors.Is(err, errMessagesStuck) {
		st.Reason = err.Error()
	}
}

func (s *Server) statusOfLog(ctx context.Context, st *Status) error {
	id, err := s.journal.LogID(ctx)
	if err == nil {
		st.Log.ID = id.String()
	}
	head, headErr := s.journal.Head(ctx)
	if headErr == nil {
		st.Log.Head = head.Position.String()
	} else {
		err = headErr
	}
	st.Log.Fence = s.fence(ctx)
	return err
}

func (s *Server) statusOfConsumers(ctx context.Context, st *Status) error {
	consumers, err := s.conditions(ctx)
	for _, c := range consumers {
		if !st.Running {
			st.Consumers = append(st.Consumers, ConsumerStatus{Name: c.Name, State: "idle"})
			continue
		}
		one := ConsumerStatus{Name: c.Name, Position: c.Position.String(), Lag: c.Lag, AtLeast: c.AtLeast, Unknown: c.Unknown,
			LagSeconds: c.Seconds, State: string(c.State), Reason: c.Reason}
		if !c.Unreadable.IsZero() {
			one.Unreadable = c.Unreadable.String()
		}
		st.Consumers = append(st.Consumers, one)
	}
	return err
}
