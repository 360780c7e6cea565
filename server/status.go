package server

import (
	"context"
	"errors"

	"accountledger/server/fault"
)

// Fault is something that went wrong beneath the ledger, with its cause, since when and how often.
type Fault = fault.Fault

// Unread is a part of the status that cannot be told now, and why.
type Unread struct {
	What  string      `json:"what"`
	Cause fault.Cause `json:"cause"`
}

// unread notes why a part of the status cannot be told.
func (s *Server) unread(ctx context.Context, st *Status, where fault.Place, what string, err error) {
	if told, ok := s.placeOf(err); ok {
		where = told
	}
	c := fault.Of(err)
	if isFault(err) {
		c = s.note(ctx, where, "status", err)
	}
	st.Unread = append(st.Unread, Unread{what, c})
}

// status gathers what operators are told. Whatever cannot be read is named with its cause, and the rest told all the same: then it is
// needed most.
func (s *Server) status(ctx context.Context) Status {
	st := Status{Version: Version(), Messages: MessagesTo(s.cfg), Ready: true, Clock: s.clockStatus()}
	if address := s.address.Load(); address != nil {
		st.Running, st.Address, st.Internal = true, *address, s.Internal()
	}
	if err := s.check(ctx); err != nil {
		st.Ready, st.Reason = false, fault.Of(err).String()
		if where, ok := s.placeOf(err); ok {
			st.Reason = string(where) + ": " + st.Reason
		}
		if errors.Is(err, errDraining) || errors.Is(err, errMessagesStuck) {
			st.Reason = err.Error()
		}
	}
	s.statusOfLog(ctx, &st)
	if s.processes != nil {
		var err error
		if st.Deadlines, err = s.processes.Waiting(ctx); err != nil {
			s.unread(ctx, &st, fault.Lists, "deadlines", err)
		}
	}
	var err error
	if st.MasterKeys, err = s.keysInUse(ctx); err != nil {
		s.unread(ctx, &st, fault.Vault, "master keys", err)
	}
	if st.Backups, err = s.backupsStatus(ctx); err != nil {
		s.unread(ctx, &st, fault.Lists, "backups", err)
	}
	skips, err := s.skipsOf(ctx)
	if err != nil {
		s.unread(ctx, &st, fault.Log, "skipped events", err)
	} else if len(skips) > 0 {
		st.Skips = skips
	}
	if st.Rebuilds, err = s.rebuilds(ctx); err != nil {
		s.unread(ctx, &st, fault.Views, "rebuilds", err)
	}
	s.statusOfConsumers(ctx, &st)
	st.Faults = s.faults.All()
	return st
}

func (s *Server) statusOfLog(ctx context.Context, st *Status) {
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
	if err != nil {
		s.unread(ctx, st, fault.Log, "log", err)
	}
	st.Log.Fence = s.fence(ctx)
}

func (s *Server) statusOfConsumers(ctx context.Context, st *Status) {
	consumers, err := s.conditions(ctx)
	if err != nil {
		s.unread(ctx, st, fault.Log, "consumers", err)
	}
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
}
