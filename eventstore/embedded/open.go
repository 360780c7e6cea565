package embedded

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/google/uuid"
)

// pebbleName is Pebble's folder within the log's.
const pebbleName = "pebble"

// Open opens the log in a folder, and creates it if there is none. What was
// acknowledged before a crash is there afterwards. If it is not, or stored bytes are not what
// was written, the error is an *eventstore.CorruptError that names the file, and the
// files are not changed. Other errors: ErrLocked, ErrNewerFormat, and the file system's.
func Open(opts Options) (*Store, error) {
	opts.setDefaults()
	dir := opts.FS.PathJoin(opts.Dir, pebbleName)
	if err := makeFolders(opts.FS, opts.Dir, dir); err != nil {
		return nil, err
	}
	lock, err := lockFolder(dir, writing{opts.FS})
	if err != nil {
		return nil, err
	}
	s, err := open(opts, dir, lock)
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return s, nil
}

// Exists reports whether a folder holds a log, in whatever state, without changing anything there.
func Exists(dir string, fs vfs.FS) (bool, error) {
	if fs == nil {
		fs = vfs.Default
	}
	entries, err := fs.List(fs.PathJoin(dir, pebbleName))
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("embedded: look for the log: %w", err)
	}
	for _, name := range entries {
		if name != "LOCK" {
			return true, nil
		}
	}
	return false, nil
}

// newStore is a store that has not opened anything yet.
func newStore(opts Options, dir string, lock *pebble.Lock) *Store {
	s := &Store{
		dir: dir, memTableBytes: opts.MemTableBytes, lock: lock, log: opts.Logger, windows: newWindows(opts.IndexAppends), recent: newRecent(recentBytes),
		queue: newQueue(), moved: newSignal(), closed: make(chan struct{}),
		space: newSpace(opts.FS, opts.Dir, opts.ReserveBytes),
		cache: pebble.NewCache(opts.CacheBytes),
	}
	s.freezer = newFreezer(opts.FS, s.fail)
	return s
}

func open(opts Options, dir string, lock *pebble.Lock) (_ *Store, err error) {
	s := newStore(opts, dir, lock)
	defer func() {
		if err != nil {
			s.cache.Unref()
		}
	}()
	files := opts.witnessFiles()
	if err := s.checkAcknowledged(dir, files, opts.NewHistory); err != nil {
		return nil, err
	}
	if s.db, err = s.openPebble(dir, s.freezer, false); err != nil {
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
	if !found || opts.NewHistory {
		if m, err = createMeta(s.db, opts.ID); err != nil {
			return nil, err
		}
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
	if s.witness, err = openWitnesses(opts.FS, files, s.id, last.position); err != nil {
		return nil, err
	}
	s.head.Store(&last)
	s.recent.reset(last.position)
	s.freezer.armed.Store(true)
	s.start(last.position + 1)
	return s, nil
}

// checkAcknowledged opens the log read-only, which replays what Pebble
// would replay but changes no file, and compares its end with
// what was acknowledged. Only then may Pebble truncate its write-ahead file. consented allows
// events that the witnesses know of to be missing.
func (s *Store) checkAcknowledged(dir string, files []string, consented bool) error {
	fs := s.freezer.FS
	desc, err := pebble.Peek(dir, fs)
	if err != nil {
		return err
	}
	if !desc.Exists {
		return checkNoManifest(fs, dir, files)
	}
	db, err := s.openPebble(dir, fs, true)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	m, found, err := readMeta(db)
	if err != nil {
		return err
	}
	last, err := readHead(db)
	if err != nil {
		return err
	}
	if !found {
		return checkUnfinished(fs, dir, files[0], last)
	}
	acknowledged, by, err := readWitnesses(fs, files, m.log)
	if err != nil {
		return err
	}
	indexed, err := readIndexed(db)
	if err != nil {
		return err
	}
	if consented && indexed <= last.position {
		return nil
	}
	if acknowledged = max(acknowledged, indexed); acknowledged <= last.position {
		return nil
	}
	count := int64(acknowledged - last.position) //nolint:gosec // positions stay below 2^63
	missing := damaged(last.position+1, fmt.Sprintf("%d acknowledged events are missing at the end", count))
	missing.File, missing.Offset = firstUnreadable(fs, dir)
	if indexed <= last.position {
		missing.Missing, missing.By = count, by
	}
	return missing
}

// checkNoManifest decides whether a folder without a list of files is a log whose creation was interrupted: only if it has
// no sorted files and no witnesses. Pebble would start an empty log there.
func checkNoManifest(fs vfs.FS, dir string, files []string) error {
	entries, err := fs.List(dir)
	if err != nil {
		return fmt.Errorf("embedded: look for the log: %w", err)
	}
	begun := false
	for _, name := range entries {
		begun = begun || strings.HasSuffix(name, ".sst")
	}
	for _, name := range files {
		_, err := fs.Stat(name)
		begun = begun || err == nil
	}
	if !begun {
		return nil
	}
	missing := damaged(0, "the list of the log's files (MANIFEST), or the marker that names it, is missing")
	missing.File = dir
	return missing
}

// checkUnfinished decides whether a log without the record about it is one whose creation
// was interrupted: only if there is nothing else.
func checkUnfinished(fs vfs.FS, dir, witnessFile string, last head) error {
	_, err := fs.Stat(witnessFile)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("embedded: the file of acknowledged appends: %w", err)
	}
	if err != nil && last.position == 0 {
		return nil
	}
	missing := damaged(0, "the record about the log is missing")
	missing.File = dir
	return missing
}

// openPebble opens Pebble; readOnly changes no file. A fault that Pebble calls fatal is
// returned, and whatever Pebble has started stays behind the freezer.
func (s *Store) openPebble(dir string, fs vfs.FS, readOnly bool) (*pebble.DB, error) {
	type result struct {
		db  *pebble.DB
		err error
	}
	opened := make(chan result, 1)
	fatal := make(chan error, 1)
	opts := pebbleOptions(s.memTableBytes, fs, s.cache, s.lock, pebbleLog{s.log, func(err error) {
		s.fail(err)
		select {
		case fatal <- err:
		default:
		}
	}}, events(s.log))
	opts.ReadOnly = readOnly
	go func() {
		db, err := pebble.Open(dir, opts)
		opened <- result{db, err}
	}()
	select {
	case r := <-opened:
		if r.err != nil {
			return nil, openError(s.freezer.FS, dir, r.err)
		}
		return r.db, nil
	case err := <-fatal:
		s.freezer.seal()
		return nil, errors.Join(err, s.lock.Close())
	}
}

// makeFolders creates the folders and makes their entries durable.
func makeFolders(fs vfs.FS, dirs ...string) error {
	for _, dir := range dirs {
		if err := fs.MkdirAll(dir, 0o700); err != nil {
			return fmt.Errorf("embedded: make the log's folder: %w", err)
		}
		parent, err := fs.OpenDir(fs.PathDir(dir))
		if err != nil {
			return fmt.Errorf("embedded: make the log's folder: %w", err)
		}
		if err := errors.Join(parent.Sync(), parent.Close()); err != nil {
			return fmt.Errorf("embedded: make the log's folder: %w", err)
		}
	}
	return nil
}

// lockFolder takes the folder's lock.
func lockFolder(dir string, fs vfs.FS) (*pebble.Lock, error) {
	lock, err := pebble.LockDirectory(dir, fs)
	if err == nil {
		return lock, nil
	}
	// With an errno, another process has the lock; without one, Pebble reports that this
	// process has it.
	var number syscall.Errno
	if !errors.As(err, &number) || number == syscall.EAGAIN || number == syscall.EACCES {
		return nil, ErrLocked
	}
	return nil, fmt.Errorf("embedded: lock the log's folder: %w", err)
}

// newLogID is random: no two logs can be mistaken for each other.
func newLogID() (uuid.UUID, error) {
	id, err := uuid.NewRandom()
	if err != nil {
		return uuid.Nil, fmt.Errorf("embedded: no random number for the log's id: %w", err)
	}
	return id, nil
}
