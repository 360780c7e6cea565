package pagesum_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	_ "modernc.org/sqlite"

	"accountledger/pagesum"
)

const pageSize = 4096

func address(t testing.TB, path string) string {
	t.Helper()
	vfs, err := pagesum.VFS()
	ok(t, err)
	return "file:" + path + "?vfs=" + vfs + "&_pragma=journal_mode(WAL)&_pragma=busy_timeout(5000)&_pragma=synchronous(OFF)"
}

func open(t testing.TB, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", address(t, path))
	ok(t, err)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// fill creates a file of some hundred pages, with an index, long values and freed pages.
func fill(t testing.TB, path string) {
	t.Helper()
	db := open(t, path)
	exec(t, db, "CREATE TABLE things (n INTEGER PRIMARY KEY, name TEXT, value BLOB)", "CREATE INDEX names ON things (name)")
	for n := range 2000 {
		exec(t, db, fmt.Sprintf("INSERT INTO things VALUES (%d, 'name %d', zeroblob(%d))", n, n*7919%2000, n%50*n%50*20))
	}
	exec(t, db, "DELETE FROM things WHERE n % 5 = 0")
	ok(t, db.Close())
}

func exec(t testing.TB, db *sql.DB, statements ...string) {
	t.Helper()
	for _, s := range statements {
		_, err := db.Exec(s)
		ok(t, err)
	}
}

// rows reads all that is stored, by the table and by the index.
func rows(db *sql.DB) (string, error) {
	var all string
	err := db.QueryRow(`SELECT (SELECT group_concat(n || name || length(value)) FROM things NOT INDEXED) ||
		(SELECT group_concat(name) FROM (SELECT name FROM things INDEXED BY names ORDER BY name))`).Scan(&all)
	return all, err
}

func verify(t testing.TB, path string) error {
	t.Helper()
	db := open(t, path)
	defer func() { _ = db.Close() }()
	conn, err := db.Conn(t.Context())
	if err != nil {
		return pagesum.Explain(err, path)
	}
	defer func() { _ = conn.Close() }()
	return pagesum.Verify(t.Context(), conn, path, func(read func() error) error { return read() })
}

// TestEveryFlippedBitIsFound flips one bit in every page: reading everything returns what was there before, or the damage
// with its place, and Verify always finds it.
func TestEveryFlippedBitIsFound(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "file.db")
	fill(t, path)
	ok(t, verify(t, path))
	db := open(t, path)
	before, err := rows(db)
	ok(t, err)
	ok(t, db.Close())
	whole, err := os.ReadFile(path)
	ok(t, err)
	if len(whole) < 100*pageSize {
		t.Fatalf("only %d bytes", len(whole))
	}
	random := rand.New(rand.NewPCG(1, 2))
	places := []int{0, 15, 16, 17, 18, 19, 20, 21, 24, 28, 36, 44, 52, 60, 92, 99, 100, 4088, 4095}
	for page := range len(whole) / pageSize {
		places = append(places, page*pageSize+random.IntN(pageSize))
	}
	for _, place := range places {
		hurt := append([]byte(nil), whole...)
		hurt[place] ^= 1 << random.IntN(8)
		ok(t, os.WriteFile(path, hurt, 0o600))
		db := open(t, path)
		after, err := rows(db)
		if err == nil && after != before {
			t.Errorf("a bit flipped at %d changes what is read", place)
		}
		if err != nil && !pagesum.Damaged(err) {
			t.Errorf("a bit flipped at %d: %v", place, err)
		}
		ok(t, db.Close())
		var damage *pagesum.DamageError
		err = verify(t, path)
		if place >= 100 && (!errors.As(err, &damage) || damage.File != path || damage.Offset != int64(place/pageSize*pageSize)) || !pagesum.Damaged(err) {
			t.Errorf("a bit flipped at %d: %v", place, err)
		}
	}
}

// TestPagesInEachOthersPlaces: a page is good only where it was written.
func TestPagesInEachOthersPlaces(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "file.db")
	fill(t, path)
	whole, err := os.ReadFile(path)
	ok(t, err)
	copy(whole[20*pageSize:21*pageSize], whole[30*pageSize:31*pageSize])
	ok(t, os.WriteFile(path, whole, 0o600))
	var damage *pagesum.DamageError
	if err := verify(t, path); !errors.As(err, &damage) || damage.Offset != 20*pageSize {
		t.Error(err)
	}
}

// TestFileWithoutChecksums: a file created by another program is refused and not changed.
func TestFileWithoutChecksums(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "file.db")
	plain, err := sql.Open("sqlite", path)
	ok(t, err)
	exec(t, plain, "CREATE TABLE things (n INTEGER PRIMARY KEY, name TEXT, value BLOB)", "INSERT INTO things VALUES (1, 'a', 'b')")
	ok(t, plain.Close())
	before, err := os.ReadFile(path)
	ok(t, err)
	db := open(t, path)
	var damage *pagesum.DamageError
	if err := db.Ping(); !pagesum.Damaged(err) || !errors.As(pagesum.Explain(err, path), &damage) || damage.File != path || damage.Offset != 0 {
		t.Error(err)
	}
	ok(t, db.Close())
	after, err := os.ReadFile(path)
	ok(t, err)
	if string(before) != string(after) {
		t.Error("it was written to")
	}
}

// TestBitFlippedInTheWriteAheadFile: damage there while the file is open is neither returned to a reader nor copied
// into the main file.
func TestBitFlippedInTheWriteAheadFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "file.db")
	db := open(t, path)
	db.SetMaxOpenConns(1)
	exec(t, db, "PRAGMA wal_autocheckpoint = 0", "CREATE TABLE things (n INTEGER PRIMARY KEY, name TEXT, value BLOB)", "CREATE INDEX names ON things (name)",
		"INSERT INTO things VALUES (1, 'before', 'value')")
	log, err := os.OpenFile(path+"-wal", os.O_RDWR, 0)
	ok(t, err)
	info, err := log.Stat()
	ok(t, err)
	last := make([]byte, 1)
	_, err = log.ReadAt(last, info.Size()-9) // in the last page that was written, before what is reserved
	ok(t, err)
	last[0] ^= 4
	_, err = log.WriteAt(last, info.Size()-9)
	ok(t, err)
	ok(t, log.Close())

	reader := open(t, path)
	_, err = rows(reader)
	var damage *pagesum.DamageError
	if !pagesum.Damaged(err) || !errors.As(pagesum.Explain(err, path), &damage) || damage.File != path+"-wal" || damage.Offset != info.Size()-pageSize {
		t.Errorf("a reader: %v", err)
	}
	ok(t, reader.Close())
	if _, err := db.Exec("PRAGMA wal_checkpoint(TRUNCATE)"); !pagesum.Damaged(err) {
		t.Errorf("a checkpoint: %v", err)
	}
}

// TestManyConnections runs writers, readers and checkpoints concurrently; no page is ever reported damaged.
func TestManyConnections(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "file.db")
	db := open(t, path)
	exec(t, db, "CREATE TABLE things (n INTEGER PRIMARY KEY, name TEXT, value BLOB)", "CREATE INDEX names ON things (name)")
	errs := make(chan error)
	work := func(n int, do func(ctx context.Context, conn *sql.Conn, i int) error) {
		go func() {
			conn, err := db.Conn(t.Context())
			for i := 0; err == nil && i < n; i++ {
				err = do(t.Context(), conn, i)
			}
			errs <- errors.Join(err, conn.Close())
		}()
	}
	one := func(text string) func(context.Context, *sql.Conn, int) error {
		return func(ctx context.Context, conn *sql.Conn, _ int) error {
			_, err := conn.ExecContext(ctx, text)
			return err
		}
	}
	work(150, one("INSERT INTO things (name, value) VALUES (hex(randomblob(16)), randomblob(3000))"))
	work(30, one("DELETE FROM things WHERE n % 7 = abs(random()) % 7"))
	// A cache of two pages lets a transaction write the same pages to the write-ahead file repeatedly.
	work(10, one("PRAGMA cache_size = 2; BEGIN IMMEDIATE; UPDATE things SET value = randomblob(2500); UPDATE things SET name = hex(randomblob(8)); COMMIT"))
	work(40, one("PRAGMA wal_checkpoint(PASSIVE)"))
	for range 3 {
		work(60, func(ctx context.Context, conn *sql.Conn, _ int) error {
			var n sql.NullInt64
			return conn.QueryRowContext(ctx, "SELECT sum(length(value)) + count(name) FROM things").Scan(&n)
		})
	}
	for range 7 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	ok(t, verify(t, path))
	exec(t, db, "VACUUM")
	ok(t, verify(t, path))
}

// TestReserved: a new file has room for checksums.
func TestReserved(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "file.db")
	fill(t, path)
	whole, err := os.ReadFile(path)
	ok(t, err)
	if whole[20] != pagesum.Reserved || whole[16] != pageSize>>8 || len(whole)%pageSize != 0 {
		t.Errorf("header %x, %d bytes", whole[:24], len(whole))
	}
}

func BenchmarkRead(b *testing.B) {
	vfs, err := pagesum.VFS()
	ok(b, err)
	for _, by := range []string{vfs, "unix"} {
		b.Run(by, func(b *testing.B) {
			path := filepath.Join(b.TempDir(), "file.db")
			db, err := sql.Open("sqlite", "file:"+path+"?vfs="+by+"&_pragma=journal_mode(WAL)&_pragma=cache_size(10)&_pragma=synchronous(OFF)")
			ok(b, err)
			defer func() { _ = db.Close() }()
			db.SetMaxOpenConns(1)
			exec(b, db, "CREATE TABLE things (n INTEGER PRIMARY KEY, value BLOB)",
				"WITH RECURSIVE i (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < 2000) INSERT INTO things SELECT n, zeroblob(4000) FROM i",
				"PRAGMA wal_checkpoint(TRUNCATE)")
			read, err := db.Prepare("SELECT length(value) FROM things WHERE n = ?")
			ok(b, err)
			defer func() { _ = read.Close() }()
			n := 0
			for b.Loop() {
				var size int
				n = (n + 977) % 2000
				ok(b, read.QueryRow(n+1).Scan(&size))
			}
		})
	}
}
