package server

import (
	"context"
	"sync"
	"time"

	"accountledger/server/fault"
)

// Fault is something that went wrong beneath the ledger, with its cause, since when and how often.
type Fault = fault.Fault

// Unread is a part of the status that cannot be read now, and why.
type Unread struct {
	What  string      `json:"what"`
	Cause fault.Cause `json:"cause"`
}

// unread notes why a part of the status cannot be read.
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

// statusPatience bounds the parts of the status, which are read side by side: one that does not answer delays no other.
const statusPatience = 1500 * time.Millisecond

// status gathers what operators see. What cannot be read is named with its cause, and the rest is given anyway: that is when it is
// needed most.
func (s *Server) status(ctx context.Context) Status {
	st := Status{Version: Version(), Messages: MessagesTo(s.cfg), Ready: true, Clock: s.clockStatus()}
	if address := s.address.Load(); address != nil {
		st.Running, st.Address, st.Internal = true, *address, s.Internal()
	}
	bounded, cancel := context.WithTimeout(ctx, statusPatience)
	defer cancel()
	parts := s.statusParts(st.Running)
	told, failed := make([]func(*Status), len(parts)), make([]error, len(parts))
	var all sync.WaitGroup
	for i, p := range parts {
		all.Go(func() { told[i], failed[i] = inTime(bounded, p.read) })
	}
	all.Wait()
	for i, p := range parts {
		if told[i] != nil {
			told[i](&st)
		}
		if failed[i] != nil {
			s.unread(ctx, &st, p.where, p.what, failed[i])
		}
	}
	st.Faults = s.faults.All()
	return st
}

// inTime stops waiting for work when ctx ends, even if the work goes on.
func inTime[T any](ctx context.Context, work func(context.Context) (T, error)) (T, error) {
	type result struct {
		of  T
		err error
	}
	done := make(chan result, 1)
	go func() {
		of, err := work(ctx)
		done <- result{of, err}
	}()
	select {
	case r := <-done:
		return r.of, r.err
	case <-ctx.Done():
	}
	select {
	case r := <-done: // it ended in time
		return r.of, r.err
	case <-time.After(afterPatience):
		return *new(T), ctx.Err()
	}
}

// afterPatience is how long work has to return what it knows once ctx has ended.
const afterPatience = 100 * time.Millisecond

// statusPart reads a part of the status; what it gives enters that. It may do so and fail.
type statusPart struct {
	where fault.Place
	what  string
	read  func(ctx context.Context) (func(*Status), error)
}

func (s *Server) statusParts(running bool) []statusPart {
	return []statusPart{
		{fault.Nowhere, "readiness", func(ctx context.Context) (func(*Status), error) {
			found := s.check(ctx)
			return func(st *Status) {
				if found != nil {
					st.Ready, st.Reason = false, s.reasonOf(found)
				}
			}, nil
		}},
		{fault.Log, "log", s.statusOfLog},
		{fault.Lists, "deadlines", s.statusOfDeadlines},
		{fault.Vault, "master keys", func(ctx context.Context) (func(*Status), error) {
			keys, err := s.keysInUse(ctx)
			return func(st *Status) { st.MasterKeys = keys }, err
		}},
		{fault.Lists, "backups", func(ctx context.Context) (func(*Status), error) {
			backups, err := s.backupsStatus(ctx)
			return func(st *Status) { st.Backups = backups }, err
		}},
		{fault.Log, "skipped events", func(ctx context.Context) (func(*Status), error) {
			skips, err := s.skipsOf(ctx)
			if len(skips) == 0 {
				return nil, err
			}
			return func(st *Status) { st.Skips = skips }, err
		}},
		{fault.Views, "rebuilds", func(ctx context.Context) (func(*Status), error) {
			rebuilds, err := s.rebuilds(ctx)
			return func(st *Status) { st.Rebuilds = rebuilds }, err
		}},
		{fault.Log, "consumers", func(ctx context.Context) (func(*Status), error) { return s.statusOfConsumers(ctx, running) }},
	}
}

func (s *Server) statusOfLog(ctx context.Context) (func(*Status), error) {
	var log LogStatus
	id, err := s.journal.LogID(ctx)
	if err == nil {
		log.ID = id.String()
	}
	head, headErr := s.journal.Head(ctx)
	if headErr == nil {
		log.Head = head.Position.String()
	} else {
		err = headErr
	}
	log.Fence = s.fence(ctx)
	return func(st *Status) { st.Log = log }, err
}

func (s *Server) statusOfDeadlines(ctx context.Context) (func(*Status), error) {
	if s.processes == nil {
		return nil, nil
	}
	waiting, err := s.processes.Waiting(ctx)
	return func(st *Status) { st.Deadlines = waiting }, err
}

func (s *Server) statusOfConsumers(ctx context.Context, running bool) (func(*Status), error) {
	consumers, err := s.conditions(ctx)
	var all []ConsumerStatus
	for _, c := range consumers {
		if !running {
			all = append(all, ConsumerStatus{Name: c.Name, State: "idle"})
			continue
		}
		one := ConsumerStatus{Name: c.Name, Position: c.Position.String(), Lag: c.Lag, AtLeast: c.AtLeast, Unknown: c.Unknown,
			LagSeconds: c.Seconds, State: string(c.State), Reason: c.Reason}
		if !c.Unreadable.IsZero() {
			one.Unreadable = c.Unreadable.String()
		}
		all = append(all, one)
	}
	return func(st *Status) { st.Consumers = all }, err
}
