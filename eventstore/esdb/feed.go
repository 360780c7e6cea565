package esdb

import (
	"context"
	"errors"
	"io"
	"sync/atomic"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	api "github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/google/uuid"

	"accountledger/eventstore"
)

// feed fills the buffer of one subscription, over one connection after another.
type feed struct {
	*Store
	reader *link
	log    uuid.UUID
	buffer *buffer
	at     eventstore.Checkpoint // the last entry put into the buffer

	received atomic.Uint64 // entries
	waiting  atomic.Bool   // for the server, not for the reader
}

var (
	errDropped = errors.New("esdb: the server ended the subscription")
	errSilent  = errors.New("esdb: the subscription was silent while the leader had more")
	errBehind  = errors.New("esdb: the node is behind the subscription")
)

func (f *feed) run(ctx context.Context) {
	pause := pauses()
	for {
		before := f.received.Load()
		err := f.follow(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case final(err):
			f.Store.log.Error("a subscription ended", "error", err)
			f.buffer.fail(err)
			return
		case errors.Is(err, errSilent):
			f.count.renewals.Add(1)
			f.Store.log.Warn("a subscription was silent and is being replaced", "position", f.at.Position)
		default:
			f.count.resumes.Add(1)
			f.Store.log.Warn("a subscription broke and is being resumed", "position", f.at.Position, "error", err)
		}
		if f.received.Load() != before {
			pause.Reset()
		}
		if pause.Wait(ctx) != nil {
			return
		}
	}
}

// final reports whether resuming the subscription would not help.
func final(err error) bool {
	if refusal, known := faultOf(err); known {
		return !refusal.passing()
	}
	for _, passing := range []error{eventstore.ErrUnavailable, errDropped, errSilent, errBehind} {
		if errors.Is(err, passing) {
			return false
		}
	}
	return true
}

// follow subscribes at one node until that ends. The error is never nil.
func (f *feed) follow(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	n, err := f.reader.await(ctx)
	if err != nil {
		return err
	}
	defer f.reader.release(n)
	if err = f.align(ctx, n); err == nil {
		err = f.receive(ctx, cancel, n)
	}
	if f.blame(ctx, f.reader, n, err); errors.Is(err, errSilent) {
		f.reader.giveUp(n, "", time.Now())
	}
	return err
}

// align checks that there is an entry where the subscription is to resume. If it was scavenged,
// servers leave out the entry after it, so align delivers that one.
func (f *feed) align(ctx context.Context, n *node) error {
	if f.at.IsZero() {
		return nil
	}
	var found []entry
	err := f.read(ctx, n, readAllFrom(f.at.Position, 1), func(e entry) error { found = append(found, e); return nil })
	if err != nil {
		return f.lost(misplaced(f.log, f.at, err))
	}
	if len(found) == 0 {
		if err := f.verify(ctx, f.log, f.at); err != nil {
			return f.lost(err)
		}
		return errBehind
	}
	if err := matches(f.log, f.at, found[0]); err != nil || found[0].Position == f.at.Position {
		return f.lost(err)
	}
	return f.take(ctx, found[0])
}

// lost is the error for a log that no longer has the feed's position; other errors pass through.
func (f *feed) lost(err error) error {
	var foreign *eventstore.ForeignCheckpointError
	if !errors.As(err, &foreign) {
		return err
	}
	return f.lose("the log was put back to an earlier state: "+foreign.Reason, f.at.Position)
}

// receive reads from where the feed is.
func (f *feed) receive(ctx context.Context, cancel context.CancelFunc, n *node) error {
	o := allFrom(f.at.Position)
	o.CountOption = &api.ReadReq_Options_Subscription{Subscription: &api.ReadReq_Options_SubscriptionOptions{}}
	o.ReadDirection = api.ReadReq_Options_Forwards
	o.FilterOption = &api.ReadReq_Options_NoFilter{NoFilter: &shared.Empty{}}
	stream, err := n.streams.Read(ctx, &api.ReadReq{Options: o})
	if err != nil {
		return f.diagnosed("subscribing to $all", err, nil)
	}
	var silent atomic.Bool
	stop := make(chan struct{})
	defer close(stop)
	go f.watch(ctx, stop, func() { silent.Store(true); cancel() })
	for {
		f.waiting.Store(true)
		resp, err := stream.Recv()
		f.waiting.Store(false)
		switch {
		case err != nil && silent.Load():
			return errSilent
		case errors.Is(err, io.EOF):
			return errDropped
		}
		if err != nil {
			return f.diagnosed("subscribing to $all", err, stream.Trailer())
		}
		event := resp.GetEvent().GetEvent()
		if event == nil {
			continue // a confirmation, or the server's progress
		}
		e, err := f.readEntry(event)
		if err != nil {
			return err
		}
		if err := f.take(ctx, e); err != nil {
			return err
		}
	}
}

func (f *feed) take(ctx context.Context, e entry) error {
	at := f.at.Position
	if e.Position.Compare(at) <= 0 || !e.foreign && e.Position.Commit() <= at.Commit() {
		return corrupt(e.Position, errNoGrowth)
	}
	if err := f.buffer.put(ctx, e); err != nil {
		return errDropped // nobody is waiting any more
	}
	if f.at = e.checkpoint(f.log); !e.foreign {
		f.known.saw(e.Position, e.ID)
	}
	f.received.Add(1)
	return nil
}

// watch ends a subscription that receives nothing although the leader has had more for
// a whole round of the watch.
func (f *feed) watch(ctx context.Context, stop <-chan struct{}, end func()) {
	ticker := time.NewTicker(f.opts.Silence)
	defer ticker.Stop()
	var ahead bool // on the round before, the leader had more
	count := f.received.Load()
	for {
		select {
		case <-stop:
			return
		case <-ticker.C:
		}
		if now := f.received.Load(); now != count || !f.waiting.Load() {
			count, ahead = now, false
			continue
		}
		if ahead {
			end()
			return
		}
		last, err := f.few(ctx, readLast())
		ahead = err == nil && len(last) > 0 && last[0].Position.Compare(f.buffer.reached()) > 0
	}
}
