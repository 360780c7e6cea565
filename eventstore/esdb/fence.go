package esdb

import (
	"context"
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/google/uuid"

	"accountledger/eventstore"
	"accountledger/internal/backoff"
)

// FenceStream holds the fence: its last event says whether one is set.
const FenceStream = "fence"

const (
	fenceRaisedType  = "accountledger.fence_raised.v1"
	fenceLoweredType = "accountledger.fence_lowered.v1"
	fenceLoweredData = "{}"
)

var _ eventstore.Fencer = (*Store)(nil)

// Fence implements eventstore.Fencer. The server does not know about fences: writers check and obey. So once the
// fence is in the log, Fence waits for Options.FenceWait. By then every writer has seen it or sends no more, and what
// was sent before has been carried out or never will be. Code that copies the log away must check its end once more when everything
// is copied, in case a writer's whole machine was suspended between its check and its append.
func (s *Store) Fence(ctx context.Context, f eventstore.Fence) error {
	if err := f.Check(); err != nil {
		return err
	}
	if err := s.raise(ctx, f); err != nil {
		return err
	}
	within, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(s.ctx, cancel)()
	if backoff.Sleep(within, s.opts.FenceWait) == nil {
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return eventstore.ErrClosed
}

// raise writes the fence to the log, unless it is there.
func (s *Store) raise(ctx context.Context, f eventstore.Fence) error {
	if err := s.begin(ctx, &s.appends); err != nil {
		return err
	}
	defer s.appends.Done()
	data, err := json.Marshal(f)
	if err != nil {
		return fmt.Errorf("esdb: the fence cannot be written: %w", err)
	}
	return s.mark(ctx, eventstore.Event{Type: fenceRaisedType, Data: data}, func(stands eventstore.Fence) (done bool, err error) {
		if !stands.IsZero() && stands != f {
			return true, fmt.Errorf("%w: another fence is set", eventstore.ErrFenced)
		}
		return stands == f, nil
	})
}

// Unfence implements eventstore.Fencer.
func (s *Store) Unfence(ctx context.Context) error {
	if err := s.begin(ctx, &s.appends); err != nil {
		return err
	}
	defer s.appends.Done()
	return s.mark(ctx, eventstore.Event{Type: fenceLoweredType, Data: []byte(fenceLoweredData)}, func(stands eventstore.Fence) (bool, error) {
		return stands.IsZero(), nil
	})
}

// Fenced implements eventstore.Fencer.
func (s *Store) Fenced(ctx context.Context) (eventstore.Fence, error) {
	if err := s.enter(ctx); err != nil {
		return eventstore.Fence{}, err
	}
	f, _, err := s.fenced(ctx)
	return f, err
}

func (s *Store) fenced(ctx context.Context) (eventstore.Fence, int64, error) {
	last, err := s.few(ctx, s.readEnd(FenceStream))
	if err != nil {
		return eventstore.Fence{}, eventstore.NoStream, err
	}
	return readFence(last)
}

// mark appends to the fence's stream, after what was seen there, unless that is done or refused. It then drops what this
// store knew about the fence, so that its own appends obey the new state at once.
func (s *Store) mark(ctx context.Context, e eventstore.Event, seen func(eventstore.Fence) (done bool, err error)) error {
	for {
		stands, version, err := s.fenced(ctx)
		if err != nil {
			return err
		}
		if done, err := seen(stands); done || err != nil {
			return err
		}
		if e.ID, err = uuid.NewRandom(); err != nil {
			return fmt.Errorf("esdb: no random number for the fence: %w", err)
		}
		_, err = s.append(ctx, FenceStream, version, []eventstore.Event{e}, ignoreFence)
		s.leader.forgetFence()
		var other *eventstore.ConflictError
		if !errors.As(err, &other) {
			return err
		}
	}
}

// readFence parses the end of the fence's stream, and returns the version of its last event. Events of others are
// ignored. An event of a newer program that this one cannot parse stops the ledger: it may say that the log has moved.
func readFence(last []entry) (f eventstore.Fence, version int64, err error) {
	if len(last) == 0 {
		return f, eventstore.NoStream, nil
	}
	version = last[0].Version
	e, some := lastOwn(last)
	switch {
	case !some, e.Type == fenceLoweredType:
		return f, version, nil
	case e.Type == fenceRaisedType && json.Unmarshal(e.Data, &f) == nil && f.Check() == nil:
		return f, version, nil
	}
	return eventstore.Fence{}, version, corrupt(e.Position, "the fence cannot be read")
}
