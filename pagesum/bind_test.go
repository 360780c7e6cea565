package pagesum_test

import (
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"accountledger/pagesum"
)

// copyOf is a main file and its write-ahead file at some time; a missing file is nil.
type copyOf struct{ main, log []byte }

// take copies both files as a crash of the program would leave them.
func take(t testing.TB, path string) copyOf {
	t.Helper()
	return copyOf{main: contents(t, path), log: contents(t, path+"-wal")}
}

func contents(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if !errors.Is(err, fs.ErrNotExist) {
		ok(t, err)
	}
	return b
}

// put writes the files of a copy to a new folder and returns the path of the main file.
func (c copyOf) put(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file.db")
	ok(t, os.WriteFile(path, c.main, 0o600))
	if c.log != nil {
		ok(t, os.WriteFile(path+"-wal", c.log, 0o600))
	}
	return path
}

// looked opens a file in two ways, first read-only, then for writing, which must find the same.
func (c copyOf) looked(t testing.TB) (string, error) {
	t.Helper()
	path := c.put(t)
	read, readErr := all(t, path, func() (string, error) { return pagesum.ReadOnlyAddress(path) })
	if now := take(t, path); string(now.main) != string(c.main) || string(now.log) != string(c.log) {
		t.Error("opening it for reading changed it")
	}
	wrote, err := all(t, path, func() (string, error) { return address(t, path), nil })
	if read != wrote || (readErr == nil) != (err == nil) {
		t.Errorf("for reading: %.60q %v; for writing: %.60q %v", read, readErr, wrote, err)
	}
	var damage *pagesum.DamageError
	if errors.As(err, &damage) {
		var same *pagesum.DamageError
		if !errors.As(readErr, &same) || *same != *damage {
			t.Errorf("for reading: %v; for writing: %v", readErr, err)
		}
		if now := take(t, path); string(now.main) != string(c.main) || string(now.log) != string(c.log) {
			t.Error("refusing it changed it")
		}
	}
	return wrote, err
}

// all verifies a file and reads its content.
func all(t testing.TB, path string, from func() (string, error)) (found string, err error) {
	t.Helper()
	source, err := from()
	ok(t, err)
	db, err := sql.Open("sqlite", source)
	ok(t, err)
	defer func() { ok(t, db.Close()) }()
	conn, err := db.Conn(t.Context())
	if err != nil {
		return "", pagesum.Explain(err, path)
	}
	defer func() { ok(t, conn.Close()) }()
	if err := pagesum.Verify(t.Context(), conn, path, func(read func() error) error { return read() }); err != nil {
		return "", err
	}
	err = conn.QueryRowContext(t.Context(), "SELECT coalesce(group_concat(n || ':' || hex(value)), '') FROM (SELECT * FROM things ORDER BY n)").Scan(&found)
	return found, pagesum.Explain(err, path)
}

// things creates a file with one connection, whose write-ahead file is copied only on request.
func things(t testing.TB) (*sql.DB, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file.db")
	db := open(t, path)
	db.SetMaxOpenConns(1)
	exec(t, db, "PRAGMA wal_autocheckpoint = 0", "CREATE TABLE things (n INTEGER PRIMARY KEY, value BLOB)")
	return db, path
}

// insert adds some rows, each in a transaction and on pages of its own.
func insert(t testing.TB, db *sql.DB, from, to int) {
	t.Helper()
	for n := from; n < to; n++ {
		exec(t, db, fmt.Sprintf("INSERT INTO things VALUES (%d, zeroblob(%d))", n, 3000+n))
	}
}

// copyAll copies all of the write-ahead file into the main file; the next transaction begins another filling.
const copyAll = "PRAGMA wal_checkpoint(RESTART)"

// insertAndCopy inserts more rows, and copies the earlier part of the write-ahead file, which a reader holds.
func insertAndCopy(t testing.TB, db *sql.DB, path string, from, to int) {
	t.Helper()
	reader := open(t, path)
	tx, err := reader.Begin()
	ok(t, err)
	var n int
	ok(t, tx.QueryRow("SELECT count(*) FROM things").Scan(&n))
	insert(t, db, from, to)
	exec(t, db, "PRAGMA wal_checkpoint(PASSIVE)")
	ok(t, tx.Rollback())
	ok(t, reader.Close())
}

// foreign asserts that the files are refused as not belonging together.
func (c copyOf) foreign(t testing.TB, what string) {
	t.Helper()
	_, err := c.looked(t)
	var damage *pagesum.DamageError
	if !errors.As(err, &damage) || !damage.Foreign || !strings.HasSuffix(damage.File, "-wal") || !pagesum.Damaged(err) {
		t.Errorf("%s: %v", what, err)
	}
}

// like asserts that the files are accepted, and have the same content as others.
func (c copyOf) like(t testing.TB, other copyOf, what string) {
	t.Helper()
	now, err := c.looked(t)
	if err != nil {
		t.Errorf("%s: %v", what, err)
		return
	}
	then, err := other.looked(t)
	if err != nil || now != then || now == "" {
		t.Errorf("%s: %v: unexpected content", what, err)
	}
}

// TestOlderMainFile: with a newer write-ahead file it is refused, unless that has everything since.
func TestOlderMainFile(t *testing.T) {
	t.Parallel()
	db, path := things(t)
	insert(t, db, 0, 10)
	first := take(t, path)
	insertAndCopy(t, db, path, 10, 20)
	copied := take(t, path)
	insert(t, db, 20, 25)
	same := take(t, path)
	exec(t, db, copyAll)
	between := take(t, path)
	insert(t, db, 25, 30)
	second := take(t, path)
	exec(t, db, copyAll)
	insert(t, db, 30, 40)
	third := take(t, path)

	copyOf{first.main, same.log}.like(t, same, "older, of the same filling")
	copyOf{copied.main, same.log}.like(t, same, "the same, copied in part")
	copyOf{between.main, second.log}.foreign(t, "copied before the filling was begun")
	copyOf{first.main, second.log}.foreign(t, "older by a filling")
	copyOf{second.main, third.log}.foreign(t, "older by the filling before")
	copyOf{first.main, third.log}.foreign(t, "older by two")
	third.like(t, take(t, path), "what belongs together")
}

// TestOlderLog: with a newer main file it is refused if its pages would replace newer ones.
func TestOlderLog(t *testing.T) {
	t.Parallel()
	db, path := things(t)
	insert(t, db, 0, 10)
	short := take(t, path)
	insert(t, db, 10, 15)
	insertAndCopy(t, db, path, 15, 20)
	copied := take(t, path)
	insert(t, db, 20, 30)
	long := take(t, path)
	exec(t, db, copyAll)
	full := take(t, path)
	insert(t, db, 30, 40)
	second := take(t, path)
	insertAndCopy(t, db, path, 40, 45)
	third := take(t, path)
	ok(t, db.Close())
	closed := take(t, path)

	copyOf{copied.main, short.log}.foreign(t, "shorter than what was copied")
	copyOf{long.main, short.log}.foreign(t, "the same, later")
	for what, log := range map[string][]byte{"missing": nil, "empty": {}, "a header": copied.log[:32], "of the filling after": second.log} {
		copyOf{copied.main, log}.foreign(t, "copied in part, and the write-ahead file is "+what)
	}
	if _, err := (copyOf{full.main, nil}).looked(t); err != nil {
		t.Errorf("copied in whole, without a write-ahead file: %v", err)
	}
	copyOf{long.main, copied.log}.like(t, copied, "as long as what was copied")
	copyOf{full.main, long.log}.like(t, long, "all that was copied")
	copyOf{second.main, long.log}.like(t, long, "all that was copied, and the next filling begun")
	copyOf{second.main, copied.log}.foreign(t, "shorter, and the next filling begun")
	copyOf{third.main, long.log}.foreign(t, "of the filling before, and the next one copied")
	copyOf{closed.main, long.log}.foreign(t, "of the filling before, and the file closed")
	copyOf{closed.main, third.log}.like(t, third, "the last one, after the file was closed")
	copyOf{closed.main, second.log}.foreign(t, "shorter, and the file closed")
	if closed.log != nil {
		t.Error("closing left the write-ahead file behind")
	}
}

// TestLogOfAnotherFile: it is refused whatever it holds, except without a frame.
func TestLogOfAnotherFile(t *testing.T) {
	t.Parallel()
	db, path := things(t)
	insert(t, db, 0, 10)
	exec(t, db, copyAll)
	insert(t, db, 10, 20)
	one := take(t, path)
	other, otherPath := things(t)
	insert(t, other, 0, 10)
	two := take(t, otherPath)
	copyOf{one.main, two.log}.foreign(t, "another file's")
	copyOf{two.main, one.log}.foreign(t, "another file's, the other way round")
	before, err := copyOf{one.main, nil}.looked(t)
	ok(t, err)
	for name, log := range map[string][]byte{"empty": {}, "only a header": two.log[:32], "half a frame": two.log[:2000]} {
		if now, err := (copyOf{one.main, log}).looked(t); err != nil || now != before {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestLogOfNoLog: after writes without a write-ahead file, no earlier one belongs to the file.
func TestLogOfNoLog(t *testing.T) {
	t.Parallel()
	db, path := things(t)
	insert(t, db, 0, 10)
	before := take(t, path)
	exec(t, db, "PRAGMA journal_mode = DELETE")
	insert(t, db, 10, 20)
	copyOf{take(t, path).main, before.log}.foreign(t, "from before the journal was another")
	exec(t, db, "PRAGMA journal_mode = WAL")
	copyOf{take(t, path).main, before.log}.foreign(t, "the same, back again")
	insert(t, db, 20, 30)
	after := take(t, path)
	copyOf{after.main, before.log}.foreign(t, "the same, with a new one begun")
	after.like(t, take(t, path), "what belongs together")

	exec(t, db, "VACUUM")
	vacuumed := take(t, path)
	vacuumed.like(t, after, "after VACUUM")
	into := filepath.Join(t.TempDir(), "into.db")
	exec(t, db, "VACUUM INTO '"+into+"'")
	made := take(t, into)
	made.like(t, after, "made by VACUUM INTO")
	copyOf{made.main, vacuumed.log}.foreign(t, "beside the write-ahead file of what it was made from")
}

// TestDamagedStamp: a damaged stamp is damage of the main file, even where the rest of the page could be
// restored from the write-ahead file.
func TestDamagedStamp(t *testing.T) {
	t.Parallel()
	db, path := things(t)
	insert(t, db, 0, 10)
	whole := take(t, path)
	for n := pageSize - pagesum.Reserved; n < pageSize-8; n++ {
		hurt := copyOf{append([]byte(nil), whole.main...), whole.log}
		hurt.main[n] ^= 8
		_, err := hurt.looked(t)
		var damage *pagesum.DamageError
		if !errors.As(err, &damage) || damage.Foreign || damage.Offset != 0 || strings.HasSuffix(damage.File, "-wal") {
			t.Errorf("byte %d: %v", n, err)
		}
	}
}

// TestDamagedFrameThatWasCopied: SQLite would take it for the end, and restore pages older than the others.
func TestDamagedFrameThatWasCopied(t *testing.T) {
	t.Parallel()
	db, path := things(t)
	insert(t, db, 0, 10)
	insertAndCopy(t, db, path, 10, 11)
	copied := take(t, path)
	const header, frame = 32, 24 + pageSize
	frames := int(binary.LittleEndian.Uint32(copied.main[pageSize-pagesum.Reserved+4:]) &^ (1 << 31)) // from the stamp
	if all := (len(copied.log) - header) / frame; frames < 10 || frames >= all {
		t.Fatalf("%d frames of %d", frames, all)
	}
	for n := range frames {
		hurt := copyOf{copied.main, append([]byte(nil), copied.log...)}
		hurt.log[header+n*frame+100] ^= 1
		_, err := hurt.looked(t)
		var damage *pagesum.DamageError
		if !errors.As(err, &damage) || damage.Foreign || damage.Offset != int64(header+n*frame) || !strings.HasSuffix(damage.File, "-wal") {
			t.Errorf("frame %d of %d: %v", n, frames, err)
		}
		copyOf{copied.main, copied.log[:header+n*frame]}.foreign(t, "cut")
	}
}
