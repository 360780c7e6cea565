package embedded

import (
	"context"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"accountledger/eventstore"
)

// ErrReading is returned by a Reader's methods that would change the log. It is also eventstore.ErrReadOnly.
var ErrReading error = readingError{}

type readingError struct{}

func (readingError) Error() string { return "embedded: the log was opened for reading only" }

// Is makes it one kind of eventstore.ErrReadOnly, whose message would be wrong here.
func (readingError) Is(target error) bool { return target == eventstore.ErrReadOnly }

// ErrMissing: there is no log in the folder.
var ErrMissing = errors.New("embedded: there is no log in the folder")

func missingIf(missing bool, dir string) error {
	if !missing {
		return nil
	}
	return fmt.Errorf("%w: %s", ErrMissing, dir)
}

// Reader is a log opened for reading only. It is a Store that takes no appends and no fence.
type Reader struct {
	*reading
}

type reading = Store

var (
	_ eventstore.Store  = (*Reader)(nil)
	_ eventstore.Fencer = (*Reader)(nil)
)

// OpenReadOnly opens the log in a folder for reading and changes nothing there, so the folder may be mounted
// read-only: what a crash left in write-ahead files is read into memory. It checks what Open checks, with the same
// errors. ErrMissing when there is no log.
//
// Several may read at once. ErrLocked while a Store has the folder open; no Store can open it while a Reader has it.
func OpenReadOnly(opts Options) (*Reader, error) {
	opts.setDefaults()
	opts.FS = unchanging{opts.FS}
	dir := opts.FS.PathJoin(opts.Dir, pebbleName)
	if there, err := Exists(opts.Dir, opts.FS); err != nil || !there {
		return nil, errors.Join(err, missingIf(err == nil, opts.Dir))
	}
	lock, err := lockFolder(dir, opts.FS)
	if err != nil {
		return nil, err
	}
	s, err := openReadOnly(opts, dir, lock)
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return &Reader{s}, nil
}

func openReadOnly(opts Options, dir string, lock *pebble.Lock) (_ *Store, err error) {
	s := newStore(opts, dir, lock)
	defer func() {
		if err != nil {
			s.cache.Unref()
		}
	}()
	if err := s.checkAcknowledged(dir, opts.witnessFiles(), false); err != nil {
		return nil, err
	}
	if desc, err := pebble.Peek(dir, opts.FS); err != nil || !desc.Exists { // its creation was interrupted
		return nil, errors.Join(err, missingIf(err == nil, opts.Dir))
	}
	if s.db, err = s.openPebble(dir, s.freezer, true); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.db.Close())
		}
	}()
	m, found, err := readMeta(s.db)
	if err != nil {
		return nil, err
	}
	if !found { // its creation was interrupted
		return nil, missingIf(true, opts.Dir)
	}
	s.id = m.log
	if s.queue.fence, err = readFence(s.db); err != nil {
		return nil, err
	}
	last, err := readHead(s.db)
	if err != nil {
		return nil, err
	}
	if err := s.rebuildIndex(last); err != nil {
		return nil, err
	}
	s.head.Store(&last)
	s.recent.reset(last.position)
	return s, nil
}

// Append returns ErrReading.
func (r *Reader) Append(context.Context, string, int64, ...eventstore.Event) (eventstore.Appended, error) {
	return eventstore.Appended{}, ErrReading
}

// AppendInOrder returns ErrReading.
func (r *Reader) AppendInOrder(context.Context, ...eventstore.Batch) ([]eventstore.Appended, error) {
	return nil, ErrReading
}

// Fence returns ErrReading.
func (r *Reader) Fence(context.Context, eventstore.Fence) error { return ErrReading }

// Unfence returns ErrReading.
func (r *Reader) Unfence(context.Context) error { return ErrReading }

// Health is what a Store on the folder would report, as far as that can be told without opening it for writing: ErrFenced,
// ErrNoSpace, ErrClosed.
func (r *Reader) Health() error {
	if r.closing() {
		return eventstore.ErrClosed
	}
	return r.reading.Health()
}

// Close releases the log without changing it.
func (r *Reader) Close() error {
	r.closeOnce.Do(func() { r.closeErr = r.closeReading() })
	return r.closeErr
}

func (r *Reader) closeReading() error {
	close(r.closed)
	r.use.Lock()
	defer r.use.Unlock()
	r.isClosed = true
	err := errors.Join(r.db.Close(), r.lock.Close())
	r.cache.Unref()
	if err != nil {
		return fmt.Errorf("embedded: close: %w", err)
	}
	return nil
}
