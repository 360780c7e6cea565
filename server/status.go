package server

import (
	"context"
	"errors"
	"sync"
	"time"

	"accountledger/eventstore"
	"accountledger/operate"
	"accountledger/operate/fault"
)

// unread notes why a part of the status cannot be read.
func (s *Server) unread(ctx context.Context, st *operate.Status, where fault.Place, what string, err error) {
	if told, ok := s.placeOf(err); ok {
		where = told
	}
	c := fault.Of(err)
	if isFault(err) {
		c = s.note(ctx, where, "status", err)
	}
	st.Unread = append(st.Unread, operate.Unread{What: what, Cause: c})
}

// statusPatience bounds the parts of the status, which are read side by side: one that does not answer delays no other.
const statusPatience = 1500 * time.Millisecond

// status gathers what operators see. What cannot be read is named with its cause, and the rest is given anyway: that is when it is
// needed most.
func (s *Server) status(ctx context.Context) operate.Status {
	st := operate.Status{Version: Version(), Messages: MessagesTo(s.cfg), Ready: true, Clock: s.clockStatus()}
	if address := s.address.Load(); address != nil {
		st.Running, st.Address, st.Internal = true, *address, s.Internal()
	}
	bounded, cancel := context.WithTimeout(ctx, statusPatience)
	defer cancel()
	parts := s.statusParts(st.Running)
	told, failed := make([]func(*operate.Status), len(parts)), make([]error, len(parts))
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
	read  func(ctx context.Context) (func(*operate.Status), error)
}

func (s *Server) statusParts(running bool) []statusPart {
	return []statusPart{
		{fault.Nowhere, "readiness", func(ctx context.Context) (func(*operate.Status), error) {
			found := s.check(ctx)
			return func(st *operate.Status) {
				switch st.Archive = s.archive; {
				case found == nil, s.archive && errors.Is(found, eventstore.ErrFenced): // an archive takes no appends
				default:
					st.Ready, st.Reason = false, s.reasonOf(found)
				}
			}, nil
		}},
		{fault.Log, "log", s.statusOfLog},
		{fault.Lists, "deadlines", s.statusOfDeadlines},
		{fault.Vault, "master keys", func(ctx context.Context) (func(*operate.Status), error) {
			keys, err := s.ledger().KeysInUse(ctx)
			return func(st *operate.Status) { st.MasterKeys = keys }, err
		}},
		{fault.Lists, "backups", func(ctx context.Context) (func(*operate.Status), error) {
			backups, err := s.ledger().Backups(ctx)
			return func(st *operate.Status) { st.Backups = backups }, err
		}},
		{fault.Log, "skipped events", func(ctx context.Context) (func(*operate.Status), error) {
			skips, err := s.ledger().Skipped(ctx)
			if len(skips) == 0 {
				return nil, err
			}
			return func(st *operate.Status) { st.Skips = skips }, err
		}},
		{fault.Views, "rebuilds", func(ctx context.Context) (func(*operate.Status), error) {
			rebuilds, err := s.ledger().Rebuilds(ctx)
			return func(st *operate.Status) { st.Rebuilds = rebuilds }, err
		}},
		{fault.Log, "consumers", func(ctx context.Context) (func(*operate.Status), error) { return s.statusOfConsumers(ctx, running) }},
	}
}

func (s *Server) statusOfLog(ctx context.Context) (func(*operate.Status), error) {
	var log operate.LogStatus
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
	log.Fence = operate.FenceOf(ctx, s.store)
	return func(st *operate.Status) { st.Log = log }, err
}

func (s *Server) statusOfDeadlines(ctx context.Context) (func(*operate.Status), error) {
	if s.processes == nil {
		return nil, nil
	}
	waiting, err := s.processes.Waiting(ctx)
	return func(st *operate.Status) { st.Deadlines = waiting }, err
}

func (s *Server) statusOfConsumers(ctx context.Context, running bool) (func(*operate.Status), error) {
	consumers, err := s.conditions(ctx)
	var all []operate.ConsumerStatus
	for _, c := range consumers {
		if !running {
			all = append(all, operate.ConsumerStatus{Name: c.Name, State: "idle"})
			continue
		}
		one := operate.ConsumerStatus{Name: c.Name, Position: c.Position.String(), Lag: c.Lag, AtLeast: c.AtLeast, Unknown: c.Unknown,
			LagSeconds: c.Seconds, State: string(c.State), Reason: c.Reason}
		if !c.Unreadable.IsZero() {
			one.Unreadable = c.Unreadable.String()
		}
		all = append(all, one)
	}
	return func(st *operate.Status) { st.Consumers = all }, err
}
