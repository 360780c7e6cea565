package backup_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"

	"accountledger/replay/backup"
	"accountledger/vault"
)

func FuzzManifest(f *testing.F) {
	dir := f.TempDir()
	m := backup.Manifest{Version: "v1", Log: uuid.New(), Head: "7", Events: 7, Hash: "00", Masters: []uuid.UUID{uuid.New()}, Begun: time.Unix(1, 0).UTC(),
		List: backup.MarkOf(backup.Mark{Entries: 3}), File: backup.File{Name: backup.LedgerName, Bytes: 1}}
	if err := backup.WriteManifest(dir, &m); err != nil {
		f.Fatal(err)
	}
	path := filepath.Join(dir, backup.ManifestName)
	b, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte(`{"format":1}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		m, err := backup.ReadManifest(dir)
		if err != nil && !errors.Is(err, backup.ErrManifest) {
			t.Fatal(err)
		}
		if err != nil {
			return
		}
		if err := backup.WriteManifest(dir, &m); err != nil { // what is read is what was written
			t.Fatal(err)
		}
		if again, err := os.ReadFile(path); err != nil || string(again) != string(b) {
			t.Fatal("read, and written otherwise")
		}
	})
}

func FuzzList(f *testing.F) {
	key := vault.NewKey(backup.KeyName, uuid.UUID{1}, [vault.KeyBytes]byte{2})
	path := filepath.Join(f.TempDir(), "list")
	f.Add([]byte(`{"n":1,"at":"2026-05-17T12:00:00Z","before":"00","keys":["account/1"],"mac":"00"}` + "\n"))
	f.Add([]byte("\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		m, err := backup.ReadList(path, key, backup.Proof{}, nil)
		if m.Entries != 0 {
			t.Fatal("an entry was made up")
		}
		if err != nil && !errors.Is(err, backup.ErrListAltered) {
			t.Fatal(err)
		}
	})
}
