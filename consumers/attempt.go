package consumers

import (
	"context"
	"errors"
	"fmt"
	"time"

	"accountledger/domain"
	"accountledger/journal"
)

// errStop: the consumer has stopped and rests.
var errStop = errors.New("consumers: the consumer stops")

const (
	// tries is how often an event that fails is tried alone.
	tries = 3
	// longest bounds how often the pause between two tries doubles.
	longest = 7
)

// work deals with a page: as a whole, and if an event in it is at fault, with what comes before it, with the
// event alone, and with the rest.
func (w *worker) work(ctx context.Context, page journal.Page) error {
	for {
		err := w.try(ctx, page)
		index, atFault := failing(err)
		if !atFault {
			return err
		}
		switch {
		case len(page.Records) == 0:
			w.stop("its checkpoint cannot be stored", err)
			return errStop
		case index < 0 || index >= len(page.Records):
			index, err = w.search(ctx, page)
		case index > 0:
			err = w.try(ctx, Part(page, 0, index))
			if _, again := failing(err); again {
				index, err = w.search(ctx, page)
			}
		default:
			err = nil
		}
		if err != nil {
			return err
		}
		if index == len(page.Records) {
			return nil
		}
		if err := w.alone(ctx, Part(page, index, index+1)); err != nil {
			return err
		}
		page = Part(page, index+1, len(page.Records))
	}
}

// failing says which record is at fault, -1 when some is and nobody knows which.
func failing(err error) (int, bool) {
	var fault *EventError
	if errors.As(err, &fault) {
		return fault.Index, true
	}
	var panicked *PanicError
	return -1, errors.As(err, &panicked)
}

// search deals with records one by one and gives the first at fault, or how many there are when none is any more.
func (w *worker) search(ctx context.Context, page journal.Page) (int, error) {
	for i := range page.Records {
		err := w.try(ctx, Part(page, i, i+1))
		if _, atFault := failing(err); atFault {
			return i, nil
		}
		if err != nil {
			return i, err
		}
	}
	return len(page.Records), nil
}

// alone tries one event again before the consumer stops.
func (w *worker) alone(ctx context.Context, page journal.Page) error {
	for n := 1; ; n++ {
		err := w.try(ctx, page)
		if _, atFault := failing(err); !atFault {
			return err
		}
		if n == tries {
			w.stopAt(page.Records[0], err)
			return errStop
		}
		if err := w.pause(ctx, n); err != nil {
			return err
		}
	}
}

// try hands the consumer a page and, while there is trouble that passes, again.
func (w *worker) try(ctx context.Context, page journal.Page) error {
	for n := 1; ; n++ {
		err := w.deal(ctx, page)
		if err == nil {
			w.reach(page.Checkpoint.Position)
			return nil
		}
		if _, atFault := failing(err); atFault {
			return err
		}
		if errors.Is(err, ErrUnusable) {
			w.trouble(err)
			w.lose(err)
			w.fresh = false
			w.set(Waiting, err.Error())
			return err
		}
		if errors.Is(err, ErrMoved) {
			w.fresh = false
			return errAgain
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		w.set(Waiting, err.Error())
		w.trouble(err)
		w.log.Warn("consumer waits and tries again", "try", n, "reason", err.Error())
		if err := w.pause(ctx, n); err != nil {
			return err
		}
	}
}

func (w *worker) deal(ctx context.Context, page journal.Page) (err error) {
	defer Guard(&err)
	return w.consumer.Handle(ctx, page)
}

// pause waits longer with every try, and no longer than until somebody wants the turn.
func (w *worker) pause(ctx context.Context, n int) error {
	w.mu.Lock()
	interrupt := w.interrupt
	w.mu.Unlock()
	t := time.NewTimer(w.runner.Pause << min(n-1, longest))
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-interrupt:
		return errAgain
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (w *worker) stopAt(r journal.Record, err error) {
	w.trouble(err)
	var fault *EventError
	if errors.As(err, &fault) {
		err = fault.Err
	}
	w.log.Error("consumer stopped: it cannot digest an event", "event", r.ID.String(), "stream", r.Stream, "version", r.Version,
		"position", r.Position.String(), "type", r.Type, "error", err.Error())
	w.halt(fmt.Sprintf("event %s, %s: %v", r.ID, where(&r), err), r.ID)
}

func (w *worker) stop(what string, err error) {
	w.trouble(err)
	w.log.Error("consumer stopped: "+what, "error", err.Error())
	var fault *EventError
	if errors.As(err, &fault) {
		w.halt(what+": "+err.Error(), fault.Event)
		return
	}
	w.halt(what+": "+err.Error(), domain.EventID{})
}

// halt stops the consumer at an event, or at none.
func (w *worker) halt(reason string, at domain.EventID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stuck = at
	w.become(Stopped, reason)
}

// Part is a run of a page's records as a page of its own, which ends where its last record stands.
func Part(page journal.Page, from, to int) journal.Page {
	p := journal.Page{Records: page.Records[from:to], Checkpoint: page.Checkpoint}
	if to < len(page.Records) {
		last := page.Records[to-1]
		p.Checkpoint = journal.Checkpoint{Log: page.Checkpoint.Log, Position: last.Position, Event: last.ID.UUID}
	}
	return p
}
