package embedded

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/cockroachdb/pebble/v2"

	"accountledger/eventstore"
)

const (
	// streamPage is how many events of a stream are read before they are handed out.
	streamPage = 128
	// streamPageBytes ends such a page earlier.
	streamPageBytes = 1 << 20
)

// ReadStream implements eventstore.Store. It reads in pages, so a reader may take its time
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

// streamPage reads some events of a stream from a version on; none at its end.
func (s *Store) streamPage(ctx context.Context, stream string, direction eventstore.Direction, from int64) (page []eventstore.Recorded, err error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.leave()
	last := s.durable() // before the iterators, so that they have everything up to it
	lower, upper := streamBounds(stream)
	index, err := s.db.NewIter(&pebble.IterOptions{LowerBound: lower, UpperBound: upper})
	if err != nil {
		return nil, readError(err, 0)
	}
	defer func() { err = errors.Join(err, closeIter(index)) }()
	e, found, err := firstEntry(index, stream, from)
	if err != nil || !found {
		return nil, err
	}
	events, err := s.newCursor(make(map[string]string))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, events.close()) }()
	w := walk{index: index, events: events, stream: stream, durable: last}
	if direction == eventstore.Forwards {
		return w.forwards(e, from)
	}
	return w.backwards(e, from)
}

// firstEntry finds the append that holds a version, or the last one before it.
func firstEntry(index *pebble.Iterator, stream string, from int64) (entry, bool, error) {
	if from == eventstore.End {
		return entryAt(index, index.Last())
	}
	return entryAt(index, index.SeekLT(appendStreamKey(nil, stream, from+1)))
}

// walk is one page of a stream on its way.
type walk struct {
	index   *pebble.Iterator
	events  *cursor
	stream  string
	durable uint64
	page    []eventstore.Recorded
	bytes   int
}

func (w *walk) full() bool { return len(w.page) >= streamPage || w.bytes >= streamPageBytes }

func (w *walk) forwards(e entry, version int64) (page []eventstore.Recorded, err error) {
	if version > e.last() {
		return nil, nil // e is the stream's last append
	}
	for found := true; found && !w.full(); {
		for ; version <= e.last() && !w.full(); version++ {
			if e.position+uint64(version-e.version) > w.durable { //nolint:gosec // versions rise
				return w.page, nil
			}
			if err := w.take(e, version); err != nil {
				return w.page, err
			}
		}
		if version <= e.last() {
			break
		}
		if e, found, err = entryAt(w.index, w.index.Next()); err != nil {
			return w.page, err
		}
		if found && e.version != version {
			return w.page, w.gap(e)
		}
	}
	return w.page, nil
}

func (w *walk) backwards(e entry, version int64) (page []eventstore.Recorded, err error) {
	if version == eventstore.End || version > e.last() {
		version = e.last()
	}
	for found := true; found && !w.full(); {
		for ; version >= e.version && !w.full(); version-- {
			if e.position+uint64(version-e.version) > w.durable { //nolint:gosec // versions rise
				continue
			}
			if err := w.take(e, version); err != nil {
				return w.page, err
			}
		}
		if version >= e.version || version < 0 {
			break
		}
		if e, found, err = entryAt(w.index, w.index.Prev()); err != nil {
			return w.page, err
		}
		if !found || e.last() != version {
			return w.page, w.gap(e)
		}
	}
	return w.page, nil
}

// take reads one event and checks that it is the one that the index means.
func (w *walk) take(e entry, version int64) error {
	position := e.position + uint64(version-e.version) //nolint:gosec // versions rise
	r, err := w.events.read(position)
	if err != nil {
		return err
	}
	if r.Stream != w.stream || r.Version != version {
		return locate(damaged(position, "the stream index and the log do not agree"), w.events.dir)
	}
	w.page = append(w.page, r)
	w.bytes += len(r.Data) + len(r.Metadata)
	return nil
}

func (w *walk) gap(e entry) error {
	return locate(damaged(e.position, "an entry of the stream index is missing"), w.events.dir)
}
