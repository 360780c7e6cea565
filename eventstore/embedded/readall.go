package embedded

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"accountledger/eventstore"
)

const (
	// pageBytes ends a page of large events before its limit.
	pageBytes = 4 << 20
	// pagePrealloc bounds what a page reserves before the number of events is known.
	pagePrealloc = 4096
)

// ReadAll implements eventstore.Store. A page ends at limit events or a few MiB,
// whichever comes first. A position after the head is ErrInvalid: it is from
// another log, or this one has lost its end.
func (s *Store) ReadAll(ctx context.Context, after eventstore.Position, limit int) (eventstore.Page, error) {
	if err := s.enter(ctx); err != nil {
		return eventstore.Page{}, err
	}
	defer s.leave()
	return s.readAll(after, limit)
}

func (s *Store) readAll(after eventstore.Position, limit int) (eventstore.Page, error) {
	if limit < 1 {
		return eventstore.Page{}, fmt.Errorf("%w: the limit is below 1", eventstore.ErrInvalid)
	}
	last := s.head.Load()
	if err := known(after, last); err != nil {
		return eventstore.Page{}, fmt.Errorf("%w: %w", eventstore.ErrInvalid, err)
	}
	from := after.Commit()
	if from == last.position {
		return eventstore.Page{Checkpoint: s.checkpoint(*last)}, nil
	}
	events, err := s.readEvents(from, *last, limit)
	if err != nil {
		return eventstore.Page{}, err
	}
	end := &events[len(events)-1]
	return eventstore.Page{Events: events, Checkpoint: s.checkpoint(head{end.Position.Commit(), end.ID})}, nil
}

// readEvents returns at least one event after a position below the head.
func (s *Store) readEvents(after uint64, last head, limit int) (events []eventstore.Recorded, err error) {
	reserve := min(uint64(limit), last.position-after, pagePrealloc) //nolint:gosec // limit is positive
	events, ok, err := s.recent.read(make([]eventstore.Recorded, 0, reserve), after, last.position, limit, pageBytes)
	if err != nil {
		return nil, locate(err, s.dir)
	}
	if ok && len(events) > 0 {
		return events, nil
	}
	c, err := s.newCursor(make(map[string]string))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, c.close()) }()
	return c.readRun(events, after+1, last.position, limit, pageBytes)
}

// known reports whether a position is one of a log that ends at last.
func known(p eventstore.Position, last *head) error {
	if p.Commit() != p.Prepare() || p.Commit() > last.position {
		return errNoPosition
	}
	return nil
}

// checkpoint is the zero Checkpoint for an empty log.
func (s *Store) checkpoint(h head) eventstore.Checkpoint {
	if h.position == 0 {
		return eventstore.Checkpoint{}
	}
	return eventstore.Checkpoint{Log: s.id, Position: eventstore.NewPosition(h.position, h.position), Event: h.id}
}

// Head implements eventstore.Store.
func (s *Store) Head(ctx context.Context) (eventstore.Checkpoint, error) {
	if err := ctx.Err(); err != nil {
		return eventstore.Checkpoint{}, err
	}
	if s.closing() {
		return eventstore.Checkpoint{}, eventstore.ErrClosed
	}
	return s.checkpoint(*s.head.Load()), nil
}

// Distance implements eventstore.Store; it counts events.
func (s *Store) Distance(ctx context.Context, from, to eventstore.Position) (int64, eventstore.Unit, error) {
	if err := ctx.Err(); err != nil {
		return 0, "", err
	}
	if s.closing() {
		return 0, "", eventstore.ErrClosed
	}
	return max(0, to.Int64()-from.Int64()), eventstore.UnitEvents, nil
}

// verify checks that a checkpoint belongs to this log and to this history of it.
func (s *Store) verify(c eventstore.Checkpoint) error {
	foreign := func(reason string) error {
		return &eventstore.ForeignCheckpointError{Checkpoint: c, Log: s.id, Reason: reason}
	}
	switch {
	case c.IsZero():
		return nil
	case c.Log != s.id:
		return foreign("it is of another log")
	case known(c.Position, s.head.Load()) != nil:
		return foreign("its position is not one of this log")
	}
	id, err := s.idAt(c.Position.Commit())
	if err != nil {
		return err
	}
	if id != c.Event {
		return foreign("another event is at its position")
	}
	return nil
}

func (s *Store) idAt(position uint64) (id uuid.UUID, err error) {
	c, err := s.newCursor(nil)
	if err != nil {
		return id, err
	}
	defer func() { err = errors.Join(err, c.close()) }()
	r, err := c.read(position)
	return r.ID, err
}
