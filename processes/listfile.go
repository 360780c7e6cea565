package processes

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"sync"
	"sync/atomic"

	_ "modernc.org/sqlite" // the engine of the list

	"accountledger/pagesum"
)

// list keeps deadlines and their checkpoint in one SQLite file, changed in one transaction. It holds opaque ids and times, nothing
// personal. It is safe for concurrent use.
type list struct {
	path string
	// mu is held for writing while a damaged file is replaced.
	mu sync.RWMutex
	db *sql.DB
	// damage is the first damage found in the file. Whatever finds it calls spoiled.
	damage  atomic.Pointer[error]
	spoiled func()
}

// An entry has a due time, and another time for the next look if it could not be settled; position is that of its event. An
// entry with soon is independent of time, but is left for a moment to the process that started it. known is the time proven
// by the log up to the checkpoint; 0 if there is no event.
const listSchema = `
CREATE TABLE IF NOT EXISTS deadlines (kind TEXT NOT NULL, id BLOB NOT NULL, due INTEGER NOT NULL, tries INTEGER NOT NULL DEFAULT 0,
	next INTEGER NOT NULL, position INTEGER NOT NULL, soon INTEGER NOT NULL, PRIMARY KEY (kind, id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS next ON deadlines (next);
CREATE INDEX IF NOT EXISTS soon ON deadlines (next) WHERE soon;
CREATE TABLE IF NOT EXISTS checkpoint (one INTEGER PRIMARY KEY CHECK (one = 1), at BLOB NOT NULL, known INTEGER NOT NULL);`

// openList opens the list, empty if there is none or if a page of its file is damaged. Damage found later is reported through
// spoiled.
func openList(ctx context.Context, path string, log *slog.Logger, spoiled func()) (*list, error) {
	l := &list{path: path, spoiled: spoiled}
	err := l.open(ctx)
	if pagesum.Damaged(err) || errors.Is(err, pagesum.ErrStructure) {
		log.Warn("the list of deadlines is unusable and is being rebuilt from the log", "reason", err.Error())
		err = l.fresh(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("processes: opening the list: %w", errors.Join(err, l.close()))
	}
	return l, nil
}

// open opens the file and reads all of it, so that damage is found now and not when something is due.
func (l *list) open(ctx context.Context) error {
	vfs, err := pagesum.VFS() // it adds and checks a checksum on every page
	if err != nil {
		return err
	}
	name := "file:" + (&url.URL{Path: l.path}).EscapedPath() +
		"?_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)&_pragma=busy_timeout(5000)&_txlock=immediate&vfs=" + url.QueryEscape(vfs)
	if l.db, err = sql.Open("sqlite", name); err != nil {
		return err
	}
	l.db.SetMaxOpenConns(1)
	conn, err := l.db.Conn(ctx)
	if err != nil {
		return pagesum.Explain(err, l.path)
	}
	err = pagesum.Verify(ctx, conn, l.path, func(read func() error) error { return read() })
	if err = errors.Join(err, conn.Close()); err == nil {
		err = lay(ctx, l.db)
	}
	return pagesum.Explain(err, l.path)
}

// lay creates the tables, replacing those of another version.
func lay(ctx context.Context, db *sql.DB) error {
	var version int
	if err := db.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&version); err != nil {
		return err
	}
	if version != Version {
		if _, err := db.ExecContext(ctx, `DROP TABLE IF EXISTS deadlines; DROP TABLE IF EXISTS checkpoint`); err != nil {
			return err
		}
	}
	_, err := db.ExecContext(ctx, listSchema+fmt.Sprintf(` PRAGMA user_version = %d;`, Version))
	return err
}

// fresh starts an empty list in a new file. A crash in between leaves the old list, a damaged one or none.
func (l *list) fresh(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	_ = l.close() // the file is discarded
	for _, suffix := range []string{"-wal", "-shm", ""} {
		if err := os.Remove(l.path + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if err := l.open(ctx); err != nil {
		return err
	}
	l.damage.Store(nil)
	return nil
}

func (l *list) close() error {
	if l.db == nil {
		return nil
	}
	return l.db.Close()
}

// damaged is why the list is unusable; nil if it is usable.
func (l *list) damaged() error {
	if why := l.damage.Load(); why != nil {
		return *why
	}
	return nil
}

// use runs something on the file, and notes damage.
func (l *list) use(what string, do func(db *sql.DB) error) error {
	l.mu.RLock()
	defer l.mu.RUnlock()
	err := do(l.db)
	if err == nil {
		return nil
	}
	err = fmt.Errorf("processes: %s: %w", what, pagesum.Explain(err, l.path))
	if pagesum.Damaged(err) && l.damage.CompareAndSwap(nil, &err) {
		l.spoiled()
	}
	return err
}

// read runs a query.
func (l *list) read(do func(db *sql.DB) error) error { return l.use("reading the list", do) }

// write changes the file in one transaction.
func (l *list) write(ctx context.Context, run func(*sql.Tx) error) error {
	return l.use("writing the list", func(db *sql.DB) error {
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		if err := run(tx); err != nil {
			return errors.Join(err, tx.Rollback())
		}
		return tx.Commit()
	})
}
