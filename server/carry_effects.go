package server

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"accountledger/consumers"
	"accountledger/consumers/effects"
	"accountledger/eventstore"
	"accountledger/internal/durable"
	"accountledger/leases"
	"accountledger/notify"
	"accountledger/operate"
	"accountledger/replay/carry"
)

// drainFor bounds how long a move waits for messages that cannot be sent now; the target sends those.
const drainFor = time.Minute

// drainLook is how often a move looks whether all messages have been sent.
const drainLook = 20 * time.Millisecond

// drain sends what people asked for. Without a way to send messages there is nothing to do.
func (s *Server) drain(ctx context.Context, progress func(operate.Progress)) error {
	if err := s.openMenu(ctx); err != nil {
		return err
	}
	if err := s.openNotifier(ctx); err != nil || s.notifier == nil {
		return err
	}
	head, err := s.journal.Head(ctx)
	if err != nil {
		return err
	}
	r, err := consumers.New(consumers.Options{Journal: s.journal, Log: s.log, Now: s.now}, s.notifier.Consumer())
	if err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	err = s.drained(ctx, head, progress)
	err = errors.Join(err, r.Close(), <-ended)
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	return errors.Join(err, s.notifier.Close(closing))
}

// drained waits until no message is under way that was asked for up to head.
func (s *Server) drained(ctx context.Context, head eventstore.Checkpoint, progress func(operate.Progress)) error {
	tick := time.NewTicker(drainLook)
	defer tick.Stop()
	deadline := time.NewTimer(drainFor)
	defer deadline.Stop()
	for {
		at, err := s.notifier.Checkpoint(ctx)
		if err != nil {
			return err
		}
		pending := s.notifier.Status().Pending
		if pending == 0 && at.Position.Compare(head.Position) >= 0 {
			return nil
		}
		if progress != nil {
			progress(operate.Progress{View: string(carry.StageDrain), Total: int64(pending), Unit: "messages"})
		}
		select {
		case <-tick.C:
		case <-deadline.C:
			s.log.Warn("messages could not all be sent; the target goes on with them", "messages", pending)
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// effect is a consumer with effects outside and where it stands.
type effect struct {
	consumer string
	at       eventstore.Checkpoint
}

const checkpointSuffix = ".checkpoint"

// effects tells where the consumers with effects outside stand: by files in the data folder, and where processes share the
// work, by what goes with the lease. One whose place cannot be read is left out: it begins at the head, as it would have here.
func (s *Server) effects(ctx context.Context) ([]effect, error) {
	var all []effect
	files, err := filepath.Glob(s.cfg.path("*" + checkpointSuffix))
	if err != nil {
		return nil, err
	}
	for _, path := range files {
		b, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		} else if err != nil {
			return nil, err
		}
		all = addEffect(all, strings.TrimSuffix(filepath.Base(path), checkpointSuffix), b)
	}
	if !s.cfg.shared() {
		return all, nil
	}
	if err := s.joinLeases(ctx); err != nil {
		return nil, err
	}
	table, err := s.leases.Look(ctx)
	if err != nil {
		return nil, err
	}
	if row, ok := table.Find(notify.Name); ok {
		all = addEffect(slices.DeleteFunc(all, func(e effect) bool { return e.consumer == notify.Name }), notify.Name, row.Place)
	}
	return all, nil
}

func addEffect(all []effect, consumer string, place []byte) []effect {
	at, err := effects.DecodeCheckpoint(place)
	if err != nil {
		return all
	}
	return append(all, effect{consumer, at})
}

// setEffect has a consumer with effects go on in this log where it stood in the other.
func (s *Server) setEffect(ctx context.Context, e effect) error {
	b, err := effects.EncodeCheckpoint(e.at)
	if err != nil {
		return err
	}
	if e.consumer != notify.Name || !s.cfg.shared() {
		return durable.ReplaceBytes(s.cfg.path(e.consumer+checkpointSuffix), b)
	}
	if err := s.joinLeases(ctx); err != nil {
		return err
	}
	lease, err := s.leases.Acquire(ctx, notify.Name)
	if errors.Is(err, leases.ErrHeld) {
		return fmt.Errorf("%w: stop the servers, and run the move again: where messages stand is not carried yet", err)
	} else if err != nil {
		return err
	}
	return errors.Join(lease.Save(ctx, b), lease.Release(ctx))
}

// joinLeases opens the leases once.
func (s *Server) joinLeases(ctx context.Context) error {
	if s.leases != nil {
		return nil
	}
	return s.openLeases(ctx)
}
