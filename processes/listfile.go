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

// list keeps deadlines and the checkpoint they stand at in one SQLite file, changed in one transaction. It holds opaque ids and times, nothing personal.
// It is safe for concurrent use.
type list struct {
	path string
	// mu is held for writing while another file takes the place of a damaged one.
	mu sync.RWMutex
	db *sql.DB
	// damage is the first that was met since the file was begun. Whoever meets it calls spoiled.
	damage  atomic.Pointer[error]
	spoiled func()
}

// An entry is due at a time, and looked at again at another when it could not be settled; position is that of the
// event that put it there. A soon one does not wait for its time, but is left for a moment to whoever began it. known is
// the time that the log proves, up to the checkpoint; 0 while it has no event.
const listSchema = `
CREATE TABLE IF NOT EXISTS deadlines (kind TEXT NOT NULL, id BLOB NOT NULL, due INTEGER NOT NULL, tries INTEGER NOT NULL DEFAULT 0,
	next INTEGER NOT NULL, position INTEGER NOT NULL, soon INTEGER NOT NULL, PRIMARY KEY (kind, id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS next ON deadlines (next);
CREATE INDEX IF NOT EXISTS soon ON deadlines (next) WHERE soon;
CREATE TABLE IF NOT EXISTS checkpoint (one INTEGER PRIMARY KEY CHECK (one = 1), at BLOB NOT NULL, known INTEGER NOT NULL);`

// listVersion is the schema's. A list of another one is made again from the log.
const listVersion = 3

// openList opens the list, empty when there is none or when a page of its file is not as it was written. Damage that is
// met later is told by spoiled.
func openList(ctx context.Context, path string, log *slog.Logger, spoiled func()) (*list, error) {
	l := &list{path: path, spoiled: spoiled}
	err := l.open(ctx)
	if pagesum.Damaged(err) || errors.Is(err, pagesum.ErrStructure) {
		log.Warn("the list of deadlines cannot be used and is made again from the log", "reason", err.Error())
		err = l.anew(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("processes: opening the list: %w", errors.Join(err, l.close()))
	}
	return l, nil
}

// open opens the file and reads all of it, so that damage is met now and not when something is due.
func (l *list) open(ctx context.Context) error {
	vfs, err := pagesum.VFS() // which puts a checksum on every page and checks it
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

// lay makes the tables, in the place of those of another version.
func lay(ctx context.Context, db *sql.DB) error {
	var version int
	if err := db.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&version); err != nil {
		return err
	}
	if version != listVersion {
		if _, err := db.ExecContext(ctx, `DROP TABLE IF EXISTS deadlines; DROP TABLE IF EXISTS checkpoint`); err != nil {
			return err
		}
	}
	_, err := db.ExecContext(ctx, listSchema+fmt.Sprintf(` PRAGMA user_version = %d;`, listVersion))
	return err
}

// anew begins an empty list in a new file. A crash in between leaves a list that was, a damaged one or none.
func (l *list) anew(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	_ = l.close() // of a file that is thrown away
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

// damaged is why the list cannot be used any more; nil while it can.
func (l *list) damaged() error {
	if why := l.damage.Load(); why != nil {
		return *why
	}
	return nil
}

// use does something with the file, and notes damage that it meets.
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

// read uses the file for a question.
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
