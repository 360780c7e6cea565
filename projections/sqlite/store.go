package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"sync"
	"sync/atomic"

	"accountledger/pagesum"
	"accountledger/projections/view"
)

const (
	// readers bounds the connections that answer queries of one generation.
	readers = 4
	// readerCache and writerCache are page caches in KiB, readerCache for each reader.
	readerCache = 2 << 10
	writerCache = 4 << 10
)

// store is one generation's file, shared by all handles on it.
type store struct {
	id     view.GenerationID
	schema *view.Schema
	layout *layout
	path   string
	reach  reach
	limits limits

	// mu guards the single connection that writes, and its prepared statements.
	mu       sync.Mutex
	writing  *sql.DB
	conn     *sql.Conn
	prepared map[string]*sql.Stmt

	moves moves

	reading *sql.DB
	loads   map[int]*sql.Stmt
	filling atomic.Bool
	// damage is the first damage met since the file was opened.
	damage atomic.Pointer[error]
	// pending counts the documents in the transaction that filling keeps open, 0
	// if there is none; failed says why filling cannot continue. mu guards both.
	pending int
	failed  error
	// appended holds every document's id while filling without the index by id, nil otherwise. mu guards it.
	appended *appended
	// gathered counts for the tallies while a generation is filled from empty, nil otherwise. mu guards it.
	gathered *gathered

	// handles and dropped belong to the engine and are guarded by its mutex.
	handles int
	dropped bool
}

func openStore(ctx context.Context, path string, id view.GenerationID, schema view.Schema) (_ *store, err error) {
	s := &store{id: id, path: path, limits: fastest(), prepared: map[string]*sql.Stmt{}}
	s.schema = &schema
	s.layout = newLayout(s.schema)
	defer func() {
		if err != nil {
			err = explain(errors.Join(err, s.close()), path)
		}
	}()
	if err := private(path); err != nil {
		return nil, err
	}
	vfs, err := pagesum.VFS() // adds a checksum to every page and checks it
	if err != nil {
		return nil, err
	}
	vfs = "vfs=" + vfs
	if s.writing, err = sql.Open("sqlite", dsn(path, vfs, "_txlock=immediate", pragma("cache_size", -writerCache), pragma("wal_autocheckpoint", usualCheckpoint), pragma("temp_store", usualTemp))); err != nil {
		return nil, err
	}
	s.writing.SetMaxOpenConns(1)
	if s.conn, err = s.writing.Conn(ctx); err != nil {
		return nil, err
	}
	if err := s.prepareFile(ctx); err != nil {
		return nil, err
	}
	if s.reading, err = sql.Open("sqlite", dsn(path, vfs, pragma("query_only", 1), pragma("cache_size", -readerCache))); err != nil {
		return nil, err
	}
	s.reading.SetMaxOpenConns(readers)
	s.reading.SetMaxIdleConns(readers)
	if err := s.prepareLoads(ctx); err != nil {
		return nil, err
	}
	return s, nil
}

// private creates the file if missing, readable only by its owner; SQLite
// gives its companions the same mode.
func private(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) //nolint:gosec // the path is ours
	if err != nil {
		return err
	}
	return f.Close()
}

func dsn(path string, more ...string) string {
	name := "file:" + (&url.URL{Path: path}).EscapedPath() + "?" +
		pragma("busy_timeout", 10000) + "&" + pragma("journal_mode", "WAL") + "&" + pragma("synchronous", "NORMAL")
	for _, option := range more {
		name += "&" + option
	}
	return name
}

func pragma(name string, value any) string {
	return "_pragma=" + url.QueryEscape(fmt.Sprintf("%s(%v)", name, value))
}

// prepareFile lays out a new file and refuses one that belongs to another view.
func (s *store) prepareFile(ctx context.Context) error {
	var tables int
	if err := s.conn.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_schema`).Scan(&tables); err != nil {
		return err
	}
	if tables == 0 {
		return s.transaction(ctx, s.lay)
	}
	filling, err := s.checkMeta(ctx, s.conn)
	if err != nil {
		return err
	}
	s.filling.Store(filling)
	if filling {
		return s.tuneForFill(ctx)
	}
	return nil
}

// checkMeta refuses a file that belongs to another view, and reports whether it is being filled.
func (s *store) checkMeta(ctx context.Context, from querier) (filling bool, err error) {
	found := map[string]string{}
	rows, err := from.QueryContext(ctx, `SELECT key, value FROM meta`)
	if err != nil {
		return false, fmt.Errorf("%w: %w", view.ErrCorrupt, err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var key, value string
		if err := rows.Scan(&key, &value); err != nil {
			return false, err
		}
		found[key] = value
	}
	if err := rows.Err(); err != nil {
		return false, err
	}
	if found["format"] != format || found["view"] != s.schema.Fingerprint() {
		return false, view.ErrMismatch
	}
	return found["filling"] == "1", nil
}

func (s *store) lay(ctx context.Context) error {
	for _, statement := range s.layout.create() {
		if _, err := s.conn.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return errors.Join(s.setMeta(ctx, "format", format), s.setMeta(ctx, "view", s.schema.Fingerprint()))
}

func (s *store) setMeta(ctx context.Context, key, value string) error {
	_, err := s.conn.ExecContext(ctx, `INSERT INTO meta (key, value) VALUES (?, ?)
		ON CONFLICT (key) DO UPDATE SET value = excluded.value`, key, value)
	return err
}

func (s *store) cache(ctx context.Context, kib int) error {
	return s.pragma(ctx, "cache_size", -kib)
}

// pragma sets one of the writing connection's settings; an empty value only runs it.
func (s *store) pragma(ctx context.Context, name string, value any) error {
	text := fmt.Sprintf(`PRAGMA %s = %v`, name, value)
	if value == "" {
		text = fmt.Sprintf(`PRAGMA %s`, name)
	}
	_, err := s.conn.ExecContext(ctx, text)
	return err
}

// transaction runs work on the writing connection, all or nothing. A context
// that ends leaves nothing half done: the statements themselves run
// without it unless work passes it on.
func (s *store) transaction(ctx context.Context, work func(context.Context) error) error {
	whole := context.WithoutCancel(ctx)
	if err := ctx.Err(); err != nil {
		return err
	}
	if _, err := s.conn.ExecContext(whole, `BEGIN IMMEDIATE`); err != nil {
		return err
	}
	err := work(ctx)
	if err == nil {
		if _, err = s.conn.ExecContext(whole, `COMMIT`); err == nil {
			return nil
		}
	}
	// An error here only means that SQLite has already rolled back.
	_, _ = s.conn.ExecContext(whole, `ROLLBACK`)
	return err
}

// statement prepares a statement on the writing connection once.
func (s *store) statement(text string) (*sql.Stmt, error) {
	if found := s.prepared[text]; found != nil {
		return found, nil
	}
	made, err := s.conn.PrepareContext(context.Background(), text)
	if err == nil {
		s.prepared[text] = made
	}
	return made, err
}

// look runs work on a connection that sees every write that has returned: the readers, or,
// while filling, the writing connection, whose transaction is still open.
func (s *store) look(work func(querier) error) error {
	if !s.filling.Load() || s.readOnly() {
		return work(s.reading)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return work(s.conn)
}

func (s *store) close() error {
	var errs []error
	for _, p := range s.loads {
		errs = append(errs, p.Close())
	}
	if s.reading != nil {
		errs = append(errs, s.reading.Close())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pending > 0 {
		errs = append(errs, s.commitFill())
	} else if s.conn != nil {
		errs = append(errs, s.flush())
	}
	for _, p := range s.prepared {
		errs = append(errs, p.Close())
	}
	if s.conn != nil {
		errs = append(errs, s.conn.Close())
	}
	if s.writing != nil {
		errs = append(errs, s.writing.Close())
	}
	return errors.Join(errs...)
}
