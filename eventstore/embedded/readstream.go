package embedded

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"accountledger/eventstore"
)

const (
	// streamPage is how many events of a stream are read at a time.
	streamPage = 128
	// streamPageBytes bounds the bytes of such a page.
	streamPageBytes = 1 << 20
)

// ReadStream implements eventstore.Store. It reads in pages, so a reader may be slow
// and may append to the same stream; events appended after the first page may or may not be seen.
func (s *Store) ReadStream(ctx context.Context, stream string, direction eventstore.Direction, from int64) iter.Seq2[eventstore.Recorded, error] {
	return func(yield func(eventstore.Recorded, error) bool) {
		if err := checkRead(stream, direction, from); err != nil {
			yield(eventstore.Recorded{}, err)
			return
		}
		for next := from; ; {
			page, err := s.streamPage(ctx, stream, direction, next)
			for i := range page {
				if !yield(page[i], nil) {
					return
				}
			}
			if err != nil {
				yield(eventstore.Recorded{}, err)
				return
			}
			if len(page) == 0 {
				return
			}
			if next = page[len(page)-1].Version + 1; direction == eventstore.Backwards {
				if next -= 2; next < 0 {
					return
				}
			}
		}
	}
}

func checkRead(stream string, direction eventstore.Direction, from int64) error {
	if err := eventstore.CheckName("stream", stream); err != nil {
		return err
	}
	switch {
	case direction != eventstore.Forwards && direction != eventstore.Backwards:
		return fmt.Errorf("%w: unknown direction", eventstore.ErrInvalid)
	case from < eventstore.End:
		return fmt.Errorf("%w: the version to read from is below %d", eventstore.ErrInvalid, eventstore.End)
	case from == eventstore.End && direction == eventstore.Forwards:
		return fmt.Errorf("%w: a stream is read from its end only backwards", eventstore.ErrInvalid)
	}
	return nil
}

// streamPage reads some events of a stream from a version; none at its end.
func (s *Store) streamPage(ctx context.Context, name string, direction eventstore.Direction, from int64) (page []eventstore.Recorded, err error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.leave()
	durable := s.durable() // before the index is read, which then has everything up to it
	spans, err := s.spans(name, direction, from, streamPage)
	if err != nil || len(spans) == 0 {
		return nil, locate(err, s.dir)
	}
	w := walk{store: s, stream: name, durable: durable}
	defer func() { err = errors.Join(err, w.close()) }()
	if direction == eventstore.Forwards {
		err = w.forwards(spans, from)
	} else {
		err = w.backwards(spans, from)
	}
	return w.page, locate(err, s.dir)
}

// walk is the reading of one page of a stream.
type walk struct {
	store   *Store
	events  *cursor // nil while everything was in memory
	stream  string
	durable uint64
	page    []eventstore.Recorded
	bytes   int
}

func (w *walk) full() bool { return len(w.page) >= streamPage || w.bytes >= streamPageBytes }

func (w *walk) forwards(spans []span, version int64) error {
	for _, at := range spans {
		if w.full() {
			return nil
		}
		if version < at.version {
			return w.gap(at)
		}
		for ; version <= at.last() && !w.full(); version++ {
			if at.at(version) > w.durable {
				return nil
			}
			if err := w.take(at, version); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *walk) backwards(spans []span, version int64) error {
	if version == eventstore.End || version > spans[0].last() {
		version = spans[0].last()
	}
	for _, at := range spans {
		if w.full() {
			return nil
		}
		if version > at.last() {
			return w.gap(at)
		}
		for ; version >= at.version && !w.full(); version-- {
			if at.at(version) > w.durable {
				continue
			}
			if err := w.take(at, version); err != nil {
				return err
			}
		}
	}
	return nil
}

// take reads one event and checks that it is the one the index points to.
func (w *walk) take(at span, version int64) error {
	position := at.at(version)
	r, err := w.read(position)
	if err != nil {
		return err
	}
	if r.Stream != w.stream || r.Version != version {
		return damaged(position, "the stream index and the log do not agree")
	}
	w.page = append(w.page, r)
	w.bytes += len(r.Data) + len(r.Metadata)
	return nil
}

// read returns an event from memory if it is recent, otherwise from Pebble.
func (w *walk) read(position uint64) (r eventstore.Recorded, err error) {
	r, held, err := w.store.recent.get(position)
	if held || err != nil {
		return r, err
	}
	if w.events == nil {
		if w.events, err = w.store.newCursor(make(map[string]string)); err != nil {
			return r, err
		}
	}
	return w.events.read(position)
}

func (w *walk) close() error {
	if w.events == nil {
		return nil
	}
	return w.events.close()
}

func (w *walk) gap(at span) error {
	return damaged(at.position, "an entry of the stream index is missing")
}
