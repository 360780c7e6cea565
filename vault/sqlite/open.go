// Package sqlite keeps the vault in one SQLite file, for one process.
//
// Every write is in the file's write-ahead log and fsynced before it is acknowledged
// (synchronous=FULL). Writers that wait together share one transaction. After a
// destruction the write-ahead log is copied into the file and truncated to nothing, so that
// the bytes are in no file of the vault when the call returns. It cannot reach blocks that the file
// system or the disk keeps on its own, or copies
// of the folder.
//
// Every page of the file carries a checksum (package pagesum): bytes changed by a disk or a stray write give
// vault.ErrCorrupt with the file and the offset, never a wrong answer. Verify checks all of them.
//
// Rotate overwrites in place what was wrapped under the old master key and truncates the log
// at the end, so that those bytes too are then in no file of the vault.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"golang.org/x/sys/unix"
	_ "modernc.org/sqlite" // the driver

	"accountledger/internal/durable"
	"accountledger/internal/filelock"
	"accountledger/internal/groupcommit"
	"accountledger/internal/witness"
	"accountledger/pagesum"
	"accountledger/vault"
)

var (
	// ErrSchema: the file is not a vault, or belongs to another version of this program.
	ErrSchema = errors.New("vault: unknown file")
	// ErrLocked: another process has the vault open. It is also vault.ErrUnavailable.
	ErrLocked = fmt.Errorf("%w: another process has it open", vault.ErrUnavailable)
	// ErrClosed: the vault was closed. It is also vault.ErrUnavailable.
	ErrClosed = fmt.Errorf("%w: it was closed", vault.ErrUnavailable)
	// ErrRemains: what was to be destroyed is destroyed for every caller and stays so, but
	// its bytes are still in the files, because another program is reading them. Repeat the
	// call; any later write tries again too. It is also vault.ErrUnavailable.
	ErrRemains = fmt.Errorf("%w: destroyed, but another program holds its bytes in the files", vault.ErrUnavailable)
)

const (
	fileName = "vault.db"
	lockName = "vault.lock"
)

// Options of Open. A zero field takes its default.
type Options struct {
	// CacheKeys is how many unwrapped keys are kept in memory: vault.DefaultCacheKeys.
	CacheKeys int
	// Readers is how many reads run at once: 4.
	Readers int
	// Older master keys are held by Open in addition to the one given to it. A vault needs every one that
	// rows are under: after an unfinished rotation, both.
	Older []*vault.MasterKey
	// Patience is how long one attempt waits for other programs that hold the file: 250 ms.
	// Destroying tries four times.
	Patience time.Duration
	// Witness is the path of a file outside the vault's folder that records the last acknowledged transaction, so that an
	// older copy of the vault, or a truncated one, is not mistaken for it: *vault.BehindError. "" is none.
	Witness string
	// Behind opens the vault even if acknowledged transactions are missing.
	Behind bool
	// Uncut leaves what a crash left in the write-ahead log until the first write, or Cut: opening then changes no file.
	Uncut bool
}

func (o *Options) setDefaults() {
	if o.CacheKeys <= 0 {
		o.CacheKeys = vault.DefaultCacheKeys
	}
	if o.Readers <= 0 {
		o.Readers = 4
	}
	if o.Patience <= 0 {
		o.Patience = 250 * time.Millisecond
	}
}

// Vault is the SQLite engine. Create it with Open.
type Vault struct {
	id   uuid.UUID
	path string // of the file
	// patience is Options.Patience.
	patience time.Duration
	masters  *vault.Keyring
	// current wraps what is written. Only the writer changes it.
	current  atomic.Pointer[vault.MasterKey]
	rotating sync.Mutex
	cache    *vault.KeyCache
	lock     *os.File

	reads *sql.DB
	find  statements
	// gate is held for reading by every read and for writing while the write-ahead log
	// is truncated, which requires that nobody is reading.
	gate sync.RWMutex

	writes   *sql.DB
	writing  *groupcommit.Group[*request]
	endWrite func() // once nothing is written any more
	// turn counts transactions and belongs to the writer. witness records the last acknowledged one; nil if there is none.
	turn     int64
	witness  *witness.Witness
	quit     chan struct{}
	close    sync.Once
	closeErr error
}

var _ vault.Portable = (*Vault)(nil)

// Open opens the vault in dir, and creates it if there is none: the folder for its owner
// only (0700), the file likewise (0600). A new vault is created under master; an existing one
// records which of the master keys it is under. Open returns vault.ErrMasterKey if rows are
// under a master key that is not held, *vault.BehindError, ErrSchema, ErrLocked, vault.ErrCorrupt, or vault.ErrUnavailable.
func Open(ctx context.Context, dir string, master *vault.MasterKey, o Options) (*Vault, error) {
	masters, err := vault.NewKeyring(master, o.Older...)
	if err != nil {
		return nil, err
	}
	return OpenWith(ctx, dir, masters, o)
}

// OpenWith is Open with a keyring, to which the caller may add and drop keys while the vault is open. Options.Older is ignored.
func OpenWith(ctx context.Context, dir string, masters *vault.Keyring, o Options) (*Vault, error) {
	o.setDefaults()
	path, err := makeFile(dir)
	if err != nil {
		return nil, unavailable("making its folder", err)
	}
	v := &Vault{
		path: path, patience: o.Patience, masters: masters, cache: vault.NewKeyCache(o.CacheKeys),
		quit: make(chan struct{}),
	}
	if v.lock, err = lockFolder(dir); err != nil {
		return nil, err
	}
	if err := v.start(ctx, o); err != nil {
		return nil, errors.Join(v.placed(err), v.release())
	}
	return v, nil
}

func (v *Vault) start(ctx context.Context, o Options) error {
	vfs, err := pagesum.VFS()
	if err != nil {
		return unavailable("opening the file", err)
	}
	if err := pagesum.CheckLog(v.path); err != nil {
		return unavailable("opening the file", err)
	}
	if err := v.checkBehind(ctx, o); err != nil {
		return err
	}
	if v.writes, err = sql.Open("sqlite", address(v.path, vfs, o.Patience, false)); err != nil {
		return unavailable("opening the file", err)
	}
	conn, err := v.writes.Conn(ctx)
	if err != nil {
		return unavailable("opening the file", err)
	}
	w := &writer{vault: v, conn: conn, patience: o.Patience}
	if err = v.prepare(ctx, conn, false); err == nil {
		err = v.openWitness(ctx, conn, o)
	}
	if err == nil {
		err = w.start(ctx)
	}
	if err == nil {
		v.reads, err = sql.Open("sqlite", address(v.path, vfs, o.Patience, true))
	}
	if err == nil {
		v.reads.SetMaxOpenConns(o.Readers)
		v.reads.SetMaxIdleConns(o.Readers)
		err = v.find.prepare(ctx, v.reads)
	}
	w.owed = true // a crash may have come between a destruction and its cut
	if err == nil && !o.Uncut {
		err = w.cut(ctx)
	}
	if errors.Is(err, ErrRemains) {
		err = nil // another program is reading; later writes try again
	}
	if err != nil {
		return errors.Join(err, conn.Close())
	}
	v.writing, v.endWrite = groupcommit.New(groupcommit.Options[*request]{Commit: w.commit}), w.end
	return nil
}

// Close closes the vault after the pending writes. It may be called twice.
func (v *Vault) Close() error {
	v.close.Do(func() {
		close(v.quit)
		v.writing.Close()
		v.endWrite()
		v.cache.Clear()
		v.closeErr = v.release()
	})
	return v.closeErr
}

// Keep makes Close leave the files unchanged: a refused start changes nothing.
func (v *Vault) Keep() { pagesum.Keep(v.path) }

func (v *Vault) release() error {
	v.gate.Lock() // reads under way end first
	defer v.gate.Unlock()
	var errs []error
	if v.reads != nil {
		errs = append(errs, v.find.close(), v.reads.Close())
	}
	if v.writes != nil {
		errs = append(errs, v.writes.Close())
	}
	if v.witness != nil {
		errs = append(errs, v.witness.Sync(), v.witness.Close())
	}
	errs = append(errs, filelock.Close(v.lock))
	if err := errors.Join(errs...); err != nil {
		return unavailable("closing", err)
	}
	return nil
}

// makeFile creates folder and file for the owner only, and closes them to others if
// they were open. SQLite gives its other files the same mode.
func makeFile(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		return "", err
	}
	path := filepath.Join(dir, fileName)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return "", err
	}
	if err := errors.Join(f.Chmod(0o600), f.Close(), durable.SyncFolder(dir), durable.SyncFolder(filepath.Dir(dir))); err != nil {
		return "", err
	}
	return path, nil
}

// lockFolder makes this process the only one: its cache is updated by its own
// destructions, not by other processes'. The lock ends with the process.
func lockFolder(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, lockName), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, unavailable("making its lock", err)
	}
	err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if err == nil {
		return f, nil
	}
	_ = f.Close()
	if errors.Is(err, unix.EWOULDBLOCK) {
		return nil, ErrLocked
	}
	return nil, unavailable("locking its folder", err)
}

// address is the driver's name for the file, with the settings of every connection.
func address(path, vfs string, patience time.Duration, readOnly bool) string {
	q := url.Values{"mode": {"rw"}, "vfs": {vfs}, "_dqs": {"0"}, "_pragma": {
		fmt.Sprintf("busy_timeout(%d)", patience.Milliseconds()),
		"journal_mode(WAL)", "synchronous(FULL)", "secure_delete(ON)",
		"temp_store(MEMORY)", // pages saved for a savepoint never reach a file
		"trusted_schema(OFF)",
	}}
	if readOnly {
		q.Set("_query_only", "1")
	}
	return (&url.URL{Scheme: "file", Path: path, RawQuery: q.Encode()}).String()
}

// unavailable is the caller's error for a failure of SQLite: vault.ErrCorrupt if the file is damaged.
func unavailable(doing string, err error) error {
	kind := vault.ErrUnavailable
	if pagesum.Damaged(err) {
		kind = vault.ErrCorrupt
	}
	return fmt.Errorf("%w: %s: %w", kind, doing, err)
}

// placed adds to an error the page and file it comes from, if any.
func (v *Vault) placed(err error) error { return pagesum.Explain(err, v.path) }
