package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"accountledger/internal/groupcommit"
	"accountledger/pagesum"
	"accountledger/vault"
)

// ErrReading is returned by a Reader's methods that would change the vault. It is also vault.ErrUnavailable.
var ErrReading = fmt.Errorf("%w: it was opened for reading only", vault.ErrUnavailable)

// Reader is a vault opened for reading only. Methods that would change it return ErrReading.
type Reader struct {
	*opened
}

type opened = Vault

var _ vault.Portable = (*Reader)(nil)

// OpenReadOnly opens the vault in dir for reading and changes nothing there, so the folder may be mounted read-only: what a
// crash left in the write-ahead file is read from there. It checks what OpenWith checks, with the same errors, and returns
// vault.ErrMissing if there is no vault.
//
// Several may read at once. ErrLocked while a process has the vault open for writing; none can open it for writing while a Reader has it.
func OpenReadOnly(ctx context.Context, dir string, masters *vault.Keyring, o Options) (*Reader, error) {
	o.setDefaults()
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, unavailable("opening the file", err)
	}
	if err := exists(dir); err != nil {
		return nil, err
	}
	v := &Vault{
		path: filepath.Join(dir, fileName), patience: o.Patience, masters: masters, cache: vault.NewKeyCache(o.CacheKeys),
		quit: make(chan struct{}),
	}
	if v.lock, err = shareFolder(dir); err != nil {
		return nil, err
	}
	if err := v.startReading(ctx, o); err != nil {
		return nil, errors.Join(v.placed(err), v.release())
	}
	return &Reader{v}, nil
}

func (v *Vault) startReading(ctx context.Context, o Options) error {
	from, err := pagesum.ReadOnlyAddress(v.path)
	if err != nil {
		return unavailable("opening the file", err)
	}
	if err := pagesum.CheckLog(v.path); err != nil {
		return unavailable("opening the file", err)
	}
	if err := v.checkBehind(ctx, o); err != nil {
		return err
	}
	if v.reads, err = sql.Open("sqlite", from); err != nil {
		return unavailable("opening the file", err)
	}
	v.reads.SetMaxOpenConns(o.Readers)
	v.reads.SetMaxIdleConns(o.Readers)
	conn, err := v.reads.Conn(ctx)
	if err != nil {
		return unavailable("opening the file", err)
	}
	err = v.prepare(ctx, conn, true) // which creates and changes nothing
	if err = errors.Join(err, conn.Close()); err != nil {
		return err
	}
	if err := v.find.prepare(ctx, v.reads); err != nil {
		return err
	}
	v.writing, v.endWrite = groupcommit.New(groupcommit.Options[*request]{Commit: refuse}), func() {}
	return nil
}

// refuse takes the writer's place.
func refuse(calls []*call) {
	for _, c := range calls {
		c.Answer(ErrReading)
	}
}

// shareFolder keeps writers away while it is held. It locks their lock file, or the folder if that does not exist.
func shareFolder(dir string) (*os.File, error) {
	f, err := os.Open(filepath.Join(dir, lockName))
	if errors.Is(err, os.ErrNotExist) {
		f, err = os.Open(dir)
	}
	if err != nil {
		return nil, unavailable("locking its folder", err)
	}
	err = unix.Flock(int(f.Fd()), unix.LOCK_SH|unix.LOCK_NB)
	if err == nil {
		return f, nil
	}
	_ = f.Close()
	if errors.Is(err, unix.EWOULDBLOCK) {
		return nil, ErrLocked
	}
	return nil, unavailable("locking its folder", err)
}

// CreateKeys returns existing keys. ErrDestroyed if one was destroyed, ErrReading if one would have to be created.
func (r *Reader) CreateKeys(ctx context.Context, names ...string) ([]*vault.Key, error) {
	keys, err := r.Keys(ctx, names...)
	if err != nil {
		return nil, err
	}
	for i, key := range keys {
		if key != nil {
			continue
		}
		if _, err := r.Key(ctx, names[i]); errors.Is(err, vault.ErrDestroyed) {
			return nil, err
		}
		return nil, fmt.Errorf("%w: key %q", ErrReading, names[i])
	}
	return keys, nil
}

// Rotate returns ErrReading.
func (r *Reader) Rotate(context.Context, *vault.MasterKey, func(vault.RotationProgress)) error {
	return ErrReading
}

// Ping checks that the vault can be read.
func (r *Reader) Ping(ctx context.Context) error {
	return r.opened.reading(ctx, func() error {
		var one int
		return readError(ctx, r.reads.QueryRowContext(ctx, "SELECT one FROM vault").Scan(&one))
	})
}

// Verify is Vault.Verify for a Reader.
func (r *Reader) Verify(ctx context.Context) error {
	from, err := pagesum.ReadOnlyAddress(r.path)
	if err != nil {
		return unavailable("verifying", err)
	}
	return r.verify(ctx, from)
}
