// Package embedded is the log in one folder of this machine, on Pebble.
//
// One goroutine, the sequencer, checks expected versions and gives out positions;
// it gathers waiting appends into a group, which is one write and one fsync. A second,
// the committer, waits for the fsync, makes the group readable and answers its callers.
// Positions are dense and count from 1.
//
// After the first failed write the store takes no more appends (see freezer), but can
// be read until it is reopened.
package embedded

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/google/uuid"

	"accountledger/eventstore"
)

var (
	// ErrLocked: another store, of this process or another, has the folder open.
	ErrLocked = errors.New("embedded: the log's folder is in use by another process or store")
	// ErrNewerFormat: the folder was written by a newer version of this program.
	ErrNewerFormat = errors.New("embedded: the log has a newer format than this program knows")
)

// Defaults of Options.
const (
	DefaultReserveBytes  = 256 << 20
	DefaultCacheBytes    = 32 << 20
	DefaultMemTableBytes = 32 << 20
	DefaultIndexAppends  = 64 << 10
)

// Options of a store.
type Options struct {
	// Dir is the log's folder; it is created, for this user only, if missing.
	Dir string
	// ReserveBytes is the free space on Dir's disk below which appends are refused with
	// ErrNoSpace, because a full disk would stop the log altogether. 0 is
	// DefaultReserveBytes, negative is none.
	ReserveBytes int64
	// CacheBytes bounds the memory for blocks read from the log; 0 is DefaultCacheBytes.
	CacheBytes int64
	// MemTableBytes is how much is gathered in memory before it is written to a sorted file, for each of
	// up to four tables; 0 is DefaultMemTableBytes.
	MemTableBytes int64
	// IndexAppends is how many appends the stream index keeps in memory before it writes them to
	// Pebble; 0 is DefaultIndexAppends. After a crash up to twice as many are read again.
	IndexAppends int
	// Witness is the path of a second file, outside Dir, that records what was acknowledged, so that an older copy of Dir
	// is not mistaken for the log; "" is none.
	Witness string
	// ID is the id of a new log; nil: a random one. Only code that makes a copy needs to set it.
	ID uuid.UUID
	// NewHistory opens a log although acknowledged events are missing at its end, and gives it a new id: readers whose
	// checkpoint is in the lost part must not take it for the same history.
	NewHistory bool
	// Logger gets faults, without any data of callers; nil is none.
	Logger *slog.Logger
	// FS is the file system, for tests; nil is the machine's.
	FS vfs.FS
}

func (o *Options) setDefaults() {
	if o.ReserveBytes == 0 {
		o.ReserveBytes = DefaultReserveBytes
	}
	if o.CacheBytes == 0 {
		o.CacheBytes = DefaultCacheBytes
	}
	if o.MemTableBytes == 0 {
		o.MemTableBytes = DefaultMemTableBytes
	}
	if o.IndexAppends == 0 {
		o.IndexAppends = DefaultIndexAppends
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.FS == nil {
		o.FS = vfs.Default
	}
}

// head is the position of the last durable event; position 0 when there is none.
type head struct {
	position uint64
	id       uuid.UUID
}

// Store implements eventstore.Store.
type Store struct {
	id            uuid.UUID
	db            *pebble.DB
	cache         *pebble.Cache
	lock          *pebble.Lock
	freezer       *freezer
	witness       witnesses
	space         *space
	windows       *windows
	recent        *recent
	counters      *counters
	log           *slog.Logger
	dir           string // Pebble's
	memTableBytes int64

	unknown  chan *request // appends to streams that are not in memory
	requests sync.Pool     // of *request, to reuse

	// queue is where appends wait for the sequencer; it also knows whether
	// the store has failed, is fenced or is being closed.
	queue   *queue
	commits chan *group
	slots   chan struct{} // one per group that may be under way
	idle    sync.WaitGroup

	fencing sync.Mutex // one change of the fence at a time

	head   atomic.Pointer[head]
	moved  *signal // the head has moved
	closed chan struct{}

	// use is held for reading while Pebble is being read, so that Close can wait.
	use       sync.RWMutex
	isClosed  bool
	closeOnce sync.Once
	closeErr  error
}

var _ eventstore.Store = (*Store)(nil)

// groupsUnderWay is how many groups may be written but not yet synced. With
// two, the next one is gathered and written while the disk is busy with the first.
const groupsUnderWay = 2

func (s *Store) start(next uint64) {
	s.counters = newCounters()
	s.commits = make(chan *group, groupsUnderWay)
	s.slots = make(chan struct{}, groupsUnderWay)
	s.unknown = make(chan *request)
	s.idle.Add(2 + readers)
	for range readers {
		go s.lookAhead()
	}
	go (&sequencer{Store: s, next: next}).run()
	go s.commit()
}

// LogID implements eventstore.Store.
func (s *Store) LogID(context.Context) (uuid.UUID, error) {
	if s.closing() {
		return uuid.Nil, eventstore.ErrClosed
	}
	return s.id, nil
}

// Health is nil while the store takes appends; otherwise the error the
// next append would get, with its cause: ErrReadOnly, ErrNoSpace, ErrFenced, ErrClosed.
func (s *Store) Health() error {
	if err := s.queue.refusal(); err != nil {
		return err
	}
	return s.space.check()
}

// closing reports whether Close has begun.
func (s *Store) closing() bool {
	select {
	case <-s.closed:
		return true
	default:
		return false
	}
}

// enter must be called before reading Pebble, and leave after it unless enter failed.
func (s *Store) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.use.RLock()
	if s.isClosed {
		s.use.RUnlock()
		return eventstore.ErrClosed
	}
	return nil
}

func (s *Store) leave() { s.use.RUnlock() }

// Close implements eventstore.Store. It also writes what Pebble has in memory to
// sorted files, so that the next start has nothing to replay. After a failed
// write it does not touch the files.
func (s *Store) Close() error {
	s.closeOnce.Do(func() { s.closeErr = s.close() })
	return s.closeErr
}

func (s *Store) close() error {
	s.queue.close()
	close(s.closed)
	stopped := make(chan struct{})
	go func() { s.idle.Wait(); close(stopped) }()
	select {
	case <-stopped:
	case <-s.queue.failed: // the sequencer may be stuck inside Pebble
	}
	s.use.Lock()
	defer s.use.Unlock()
	s.isClosed = true
	err := s.closePebble()
	err = errors.Join(err, s.witness.close(), s.lock.Close())
	s.cache.Unref()
	if err != nil {
		return fmt.Errorf("embedded: close: %w", err)
	}
	return nil
}

// flush empties the write-ahead file.
func (s *Store) flush() error {
	flushed, err := s.db.AsyncFlush()
	if err == nil {
		<-flushed
	}
	return err
}

// closePebble closes Pebble, or leaves it behind the freezer if it failed:
// parts of it may be blocked there forever.
func (s *Store) closePebble() error {
	done := make(chan error, 1)
	go func() {
		if s.queue.failure() != nil {
			return
		}
		done <- errors.Join(s.writeIndex(s.windows.young, s.durable()), s.flush(), s.db.Close(), s.witness.sync())
	}()
	select {
	case err := <-done:
		if s.queue.failure() == nil {
			return err
		}
		return nil
	case <-s.queue.failed:
		s.freezer.seal()
		return s.lock.Close() // Pebble's own hold on the folder, which it cannot release
	}
}
