package pagesum_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"accountledger/pagesum"
)

// leftovers returns a file as a crash leaves it: the main file and the write-ahead file, without the index.
func leftovers(t *testing.T, inLog int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file.db")
	db := open(t, path)
	db.SetMaxOpenConns(1)
	exec(t, db, "PRAGMA wal_autocheckpoint = 0", "CREATE TABLE things (n INTEGER PRIMARY KEY, value BLOB)",
		"INSERT INTO things VALUES (1, randomblob(9000))", "PRAGMA wal_checkpoint(TRUNCATE)")
	for n := range inLog {
		exec(t, db, fmt.Sprintf("INSERT INTO things VALUES (%d, randomblob(5000))", n+2))
	}
	image := filepath.Join(t.TempDir(), "file.db")
	for _, suffix := range []string{"", "-wal"} {
		b, err := os.ReadFile(path + suffix)
		ok(t, err)
		if suffix == "" || inLog > 0 {
			ok(t, os.WriteFile(image+suffix, b, 0o400))
		}
	}
	return image
}

func readOnly(t *testing.T, path string) *sql.DB {
	t.Helper()
	address, err := pagesum.ReadOnlyAddress(path)
	ok(t, err)
	db, err := sql.Open("sqlite", address)
	ok(t, err)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// state describes every file in a folder.
func state(t *testing.T, dir string) string {
	t.Helper()
	var all string
	entries, err := os.ReadDir(dir)
	ok(t, err)
	for _, e := range entries {
		info, err := e.Info()
		ok(t, err)
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		ok(t, err)
		all += fmt.Sprintln(e.Name(), info.Size(), info.ModTime().UnixNano(), info.Mode(), len(b), fmt.Sprintf("%x", b[:min(64, len(b))]))
	}
	return all
}

// TestReadOnly reads what is in the main file and in the write-ahead file, through several connections at once, and changes
// neither.
func TestReadOnly(t *testing.T) {
	t.Parallel()
	for _, inLog := range []int{0, 1, 40} {
		path := leftovers(t, inLog)
		before := state(t, filepath.Dir(path))
		var all []*sql.Conn
		for range 3 {
			db := readOnly(t, path)
			for range 2 {
				conn, err := db.Conn(t.Context())
				ok(t, err)
				all = append(all, conn)
			}
		}
		for _, conn := range all {
			var n, bytes int
			ok(t, conn.QueryRowContext(t.Context(), "SELECT count(*), sum(length(value)) FROM things").Scan(&n, &bytes))
			if n != inLog+1 || bytes != 9000+5000*inLog {
				t.Errorf("%d in the log: %d rows, %d bytes", inLog, n, bytes)
			}
			ok(t, pagesum.Verify(t.Context(), conn, path, func(read func() error) error { return read() }))
			if _, err := conn.ExecContext(context.WithoutCancel(t.Context()), "DELETE FROM things"); err == nil {
				t.Error("it was written to")
			}
			if _, err := conn.ExecContext(t.Context(), "PRAGMA query_only = 0; DELETE FROM things"); err == nil {
				t.Error("it was written to by force")
			}
		}
		if now := state(t, filepath.Dir(path)); now != before {
			t.Errorf("while it is open:\n%s\nbefore:\n%s", now, before)
		}
		for _, conn := range all {
			ok(t, conn.Close())
		}
		if now := state(t, filepath.Dir(path)); now != before {
			t.Errorf("after:\n%s\nbefore:\n%s", now, before)
		}
	}
}

// TestReadOnlyFindsDamage: pages are checked as in a file opened for writing.
func TestReadOnlyFindsDamage(t *testing.T) {
	t.Parallel()
	path := leftovers(t, 0)
	b, err := os.ReadFile(path)
	ok(t, err)
	b[pageSize+100] ^= 1
	ok(t, os.WriteFile(path, b, 0o600))
	conn, err := readOnly(t, path).Conn(t.Context())
	ok(t, err)
	defer func() { _ = conn.Close() }()
	err = pagesum.Verify(t.Context(), conn, path, func(read func() error) error { return read() })
	var damage *pagesum.DamageError
	if !errors.As(err, &damage) || damage.Offset != pageSize || damage.File != path {
		t.Errorf("%v", err)
	}
}

// TestReadOnlyOfAnEmptyFile: SQLite would discard its write-ahead file.
func TestReadOnlyOfAnEmptyFile(t *testing.T) {
	t.Parallel()
	path := leftovers(t, 2)
	ok(t, os.Chmod(path, 0o600))
	ok(t, os.Truncate(path, 0))
	before := state(t, filepath.Dir(path))
	var tables int
	ok(t, readOnly(t, path).QueryRowContext(t.Context(), "SELECT count(*) FROM sqlite_schema").Scan(&tables))
	if now := state(t, filepath.Dir(path)); tables != 0 || now != before {
		t.Errorf("%d tables\n%s\nwas\n%s", tables, now, before)
	}
}

// TestReadOnlyMakesNoFile: a missing file is not created.
func TestReadOnlyMakesNoFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "file.db")
	if _, err := pagesum.ReadOnlyAddress(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v", err)
	}
	if now := state(t, filepath.Dir(path)); now != "" {
		t.Error(now)
	}
}
