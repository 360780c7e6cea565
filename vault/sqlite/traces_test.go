package sqlite_test

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"accountledger/vault"
	"accountledger/vault/sqlite"
)

// inFiles reports which of the traces are in any file of the folder. A trace is recognised
// by its first eight bytes.
func inFiles(t *testing.T, dir string, traces map[string][]byte) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	ok(t, err)
	if len(files) < 3 {
		t.Fatalf("only %d files", len(files))
	}
	starts := make(map[[8]byte][]string, len(traces))
	for name, trace := range traces {
		starts[[8]byte(trace)] = append(starts[[8]byte(trace)], name)
	}
	found := map[string]bool{}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		ok(t, err)
		for i := 0; i+8 <= len(raw); i++ {
			for _, name := range starts[[8]byte(raw[i:])] {
				found[name] = true
			}
		}
	}
	return found
}

// stored reads what the vault stores, bypassing the vault.
func stored(t *testing.T, dir, query string, args ...any) (value []byte) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "vault.db")+"?mode=ro")
	ok(t, err)
	ok(t, db.QueryRow(query, args...).Scan(&value))
	ok(t, db.Close())
	return slices.Clone(value)
}

func TestDestroyedBytesAreInNoFile(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "vault")
	v := openVault(t, dir, newMaster(t), sqlite.Options{})
	traces := map[string][]byte{}
	for _, who := range []string{"gone", "kept"} {
		_, err := v.CreateKeys(t.Context(), who)
		ok(t, err)
		ok(t, v.PutSecret(t.Context(), who, []byte("first")))
		traces[who+" earlier secret"] = stored(t, dir, "SELECT wrapped FROM secrets WHERE name = ? AND current = 1", []byte(who))
		ok(t, v.PutSecret(t.Context(), who, bytes.Repeat([]byte("second"), 300)))
		traces[who+" larger secret"] = stored(t, dir, "SELECT wrapped FROM secrets WHERE name = ? AND current = 1", []byte(who))
		ok(t, v.PutSecret(t.Context(), who, []byte("third")))
		traces[who+" secret"] = stored(t, dir, "SELECT wrapped FROM secrets WHERE name = ? AND current = 1", []byte(who))
		traces[who+" key"] = stored(t, dir, "SELECT wrapped FROM keys WHERE name = ?", []byte(who))
		traces[who+" key id"] = stored(t, dir, "SELECT id FROM keys WHERE name = ?", []byte(who))
		d, claim := vault.Digest(sha256.Sum256([]byte(who))), uuid.New()
		_, err = v.InsertIdentifier(t.Context(), d, claim)
		ok(t, err)
		traces[who+" digest"], traces[who+" claim"] = d[:], claim[:]
	}
	found := inFiles(t, dir, traces)
	for _, name := range []string{"gone key", "gone secret", "gone digest", "gone claim"} {
		if !found[name] {
			t.Fatalf("%s is in no file even before its destruction: the scan finds nothing", name)
		}
	}

	ok(t, v.DestroyKeys(t.Context(), "gone"))
	ok(t, v.DestroySecrets(t.Context(), "gone"))
	ok(t, v.DeleteIdentifier(t.Context(), uuid.UUID(traces["gone claim"])))
	found = inFiles(t, dir, traces)
	for name := range traces {
		// Replaced secrets are gone too.
		want := slices.Contains([]string{"kept key", "kept key id", "kept secret", "kept digest", "kept claim"}, name)
		if found[name] != want {
			t.Errorf("%s in the files: %t, want %t", name, found[name], want)
		}
	}
	if info, err := os.Stat(filepath.Join(dir, "vault.db-wal")); err != nil || info.Size() != 0 {
		t.Errorf("the write-ahead log was not truncated: %v, error %v", info, err)
	}
}

// Pages split, merge and are rebuilt while thousands of rows are added and destroyed; a copy that
// SQLite left in one of them would show up here.
func TestManyDestructionsLeaveNoCopies(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "vault")
	v := openVault(t, dir, newMaster(t), sqlite.Options{})
	const rows, destroyed = 1500, 600
	traces := map[string][]byte{}
	var names []string
	var claims []uuid.UUID
	var callers errgroup.Group
	callers.SetLimit(200)
	for i := range rows {
		names = append(names, uuid.NewString())
		claim := uuid.New()
		claims = append(claims, claim)
		var d vault.Digest
		_, _ = rand.Read(d[:])
		traces[fmt.Sprint("digest ", i)], traces[fmt.Sprint("claim ", i)] = d[:], claim[:]
		callers.Go(func() error {
			_, err := v.InsertIdentifier(t.Context(), d, claim)
			return err
		})
	}
	ok(t, callers.Wait())
	_, err := v.CreateKeys(t.Context(), names...)
	ok(t, err)
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "vault.db")+"?mode=ro")
	ok(t, err)
	for i, n := range names {
		var wrapped []byte
		ok(t, db.QueryRow("SELECT wrapped FROM keys WHERE name = ?", []byte(n)).Scan(&wrapped))
		traces[fmt.Sprint("key ", i)] = wrapped
	}
	ok(t, db.Close())
	for i := range destroyed {
		callers.Go(func() error {
			return errors.Join(v.DestroyKeys(t.Context(), names[i]), v.DeleteIdentifier(t.Context(), claims[i]))
		})
	}
	ok(t, callers.Wait())
	found := inFiles(t, dir, traces)
	for i := range rows {
		for _, kind := range []string{"digest ", "claim ", "key "} {
			if name := fmt.Sprint(kind, i); found[name] != (i >= destroyed) {
				t.Errorf("%s in the files: %t", name, found[name])
			}
		}
	}
}

func TestAnotherProgramThatReadsIsNoticed(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "vault")
	v := openVault(t, dir, newMaster(t), sqlite.Options{Patience: time.Millisecond})
	_, err := v.CreateKeys(t.Context(), "gone", "kept")
	ok(t, err)
	traces := map[string][]byte{
		"gone": stored(t, dir, "SELECT wrapped FROM keys WHERE name = ?", []byte("gone")),
		"kept": stored(t, dir, "SELECT wrapped FROM keys WHERE name = ?", []byte("kept")),
	}

	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "vault.db")+"?mode=ro")
	ok(t, err)
	defer func() { _ = db.Close() }()
	reader, err := db.Begin()
	ok(t, err)
	var n int
	ok(t, reader.QueryRow("SELECT count(*) FROM keys").Scan(&n))

	err = v.DestroyKeys(t.Context(), "gone")
	if !errors.Is(err, sqlite.ErrRemains) || !errors.Is(err, vault.ErrUnavailable) {
		t.Fatalf("error %v, want %v", err, sqlite.ErrRemains)
	}
	if _, err := v.Key(t.Context(), "gone"); !errors.Is(err, vault.ErrDestroyed) {
		t.Fatalf("error %v, want %v", err, vault.ErrDestroyed)
	}
	if !inFiles(t, dir, traces)["gone"] {
		t.Fatal("the bytes are gone although they were said to remain")
	}

	ok(t, reader.Rollback())
	ok(t, v.Ping(t.Context())) // any write catches up; a second one has waited for the first
	ok(t, v.DestroyKeys(t.Context(), "gone"))
	found := inFiles(t, dir, traces)
	if found["gone"] || !found["kept"] {
		t.Fatalf("gone %t, kept %t", found["gone"], found["kept"])
	}
}

func TestACrashBeforeTheCutIsMadeUpForAtOpen(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "vault")
	master := newMaster(t)
	v := openVault(t, dir, master, sqlite.Options{Patience: time.Millisecond})
	_, err := v.CreateKeys(t.Context(), "gone", "kept")
	ok(t, err)
	traces := map[string][]byte{
		"gone": stored(t, dir, "SELECT wrapped FROM keys WHERE name = ?", []byte("gone")),
		"kept": stored(t, dir, "SELECT wrapped FROM keys WHERE name = ?", []byte("kept")),
	}
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "vault.db")+"?mode=ro")
	ok(t, err)
	defer func() { _ = db.Close() }()
	reader, err := db.Begin()
	ok(t, err)
	var n int
	ok(t, reader.QueryRow("SELECT count(*) FROM keys").Scan(&n))
	if err := v.DestroyKeys(t.Context(), "gone"); !errors.Is(err, sqlite.ErrRemains) {
		t.Fatalf("error %v, want %v", err, sqlite.ErrRemains)
	}
	// The current files are what a crash would leave.
	crashed := filepath.Join(t.TempDir(), "vault")
	ok(t, os.CopyFS(crashed, os.DirFS(dir)))
	ok(t, reader.Rollback())
	if !inFiles(t, crashed, traces)["gone"] {
		t.Fatal("nothing left to catch up on")
	}
	v = openVault(t, crashed, master, sqlite.Options{})
	found := inFiles(t, crashed, traces)
	if found["gone"] || !found["kept"] {
		t.Fatalf("gone %t, kept %t", found["gone"], found["kept"])
	}
	if _, err := v.Key(t.Context(), "gone"); !errors.Is(err, vault.ErrDestroyed) {
		t.Fatalf("error %v, want %v", err, vault.ErrDestroyed)
	}
}
