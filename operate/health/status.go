package health

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
func (p *Process) unread(ctx context.Context, st *operate.Status, where fault.Area, what string, err error) {
	if told, ok := p.Desk.AreaOf(err); ok {
		where = told
	}
	c := fault.Of(err)
	if p.Desk.IsFault(err) {
		c = p.Desk.Take(ctx, where, "status", err)
	}
	st.Unread = append(st.Unread, operate.Unread{What: what, Cause: c})
}

// statusPatience bounds the parts of the status, which are read side by side: one that does not answer delays no other.
const statusPatience = 1500 * time.Millisecond

// Status gathers what operators see. What cannot be read is named with its cause, and the rest is given anyway: that is when it is
// needed most.
func (p *Process) Status(ctx context.Context) operate.Status {
	l := p.Ledger()
	st := operate.Status{Version: l.Version, Messages: p.Messages, Ready: true, Clock: l.Clock()}
	st.Sending = p.sendingState()
	st.Address, st.Internal = p.Addresses()
	st.Running = st.Address != ""
	bounded, cancel := context.WithTimeout(ctx, statusPatience)
	defer cancel()
	parts := p.statusParts(l, st.Running)
	told, failed := make([]func(*operate.Status), len(parts)), make([]error, len(parts))
	var all sync.WaitGroup
	for i, part := range parts {
		all.Go(func() { told[i], failed[i] = inTime(bounded, part.read) })
	}
	all.Wait()
	for i, part := range parts {
		if told[i] != nil {
			told[i](&st)
		}
		if failed[i] != nil {
			p.unread(ctx, &st, part.where, part.what, failed[i])
		}
	}
	st.Faults = p.Desk.All()
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
	where fault.Area
	what  string
	read  func(ctx context.Context) (func(*operate.Status), error)
}

func (p *Process) statusParts(l *operate.Ledger, running bool) []statusPart {
	return []statusPart{
		{fault.Nowhere, "readiness", func(ctx context.Context) (func(*operate.Status), error) {
			found := p.Check(ctx)
			return func(st *operate.Status) {
				switch st.Archive = p.Archive; {
				case found == nil, p.Archive && errors.Is(found, eventstore.ErrFenced): // an archive takes no appends
				default:
					st.Ready, st.Reason = false, p.reason(found)
				}
			}, nil
		}},
		{fault.Log, "log", statusOfLog(l)},
		{fault.Lists, "deadlines", p.statusOfDeadlines},
		{fault.Vault, "master keys", func(ctx context.Context) (func(*operate.Status), error) {
			keys, err := l.KeysInUse(ctx)
			return func(st *operate.Status) { st.MasterKeys = keys }, err
		}},
		{fault.Lists, "backups", func(ctx context.Context) (func(*operate.Status), error) {
			backups, err := l.Backups(ctx)
			return func(st *operate.Status) { st.Backups = backups }, err
		}},
		{fault.Log, "skipped events", func(ctx context.Context) (func(*operate.Status), error) {
			skips, err := l.Skipped(ctx)
			if len(skips) == 0 {
				return nil, err
			}
			return func(st *operate.Status) { st.Skips = skips }, err
		}},
		{fault.Views, "rebuilds", func(ctx context.Context) (func(*operate.Status), error) {
			rebuilds, err := l.Rebuilds(ctx)
			return func(st *operate.Status) { st.Rebuilds = rebuilds }, err
		}},
		{fault.Log, "consumers", func(ctx context.Context) (func(*operate.Status), error) { return statusOfConsumers(ctx, l, running) }},
	}
}

func statusOfLog(l *operate.Ledger) func(ctx context.Context) (func(*operate.Status), error) {
	return func(ctx context.Context) (func(*operate.Status), error) {
		var log operate.LogStatus
		id, err := l.Journal.LogID(ctx)
		if err == nil {
			log.ID = id.String()
		}
		head, headErr := l.Journal.Head(ctx)
		if headErr == nil {
			log.Head = head.Position.String()
		} else {
			err = headErr
		}
		log.Fence = operate.FenceOf(ctx, l.Log)
		return func(st *operate.Status) { st.Log = log }, err
	}
}

func (p *Process) statusOfDeadlines(ctx context.Context) (func(*operate.Status), error) {
	waiting, err := p.Deadlines(ctx)
	return func(st *operate.Status) { st.Deadlines = waiting }, err
}

func statusOfConsumers(ctx context.Context, l *operate.Ledger, running bool) (func(*operate.Status), error) {
	consumers, err := l.Conditions(ctx)
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
