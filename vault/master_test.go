package vault_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"

	"accountledger/vault"
)

func TestMasterKeyFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "master.key")
	if _, err := vault.LoadMasterKey(path); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("error %v, want %v", err, fs.ErrNotExist)
	}
	made, err := vault.CreateMasterKey(path)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("file: %v, error %v", info, err)
	}
	if _, err := vault.CreateMasterKey(path); !errors.Is(err, fs.ErrExist) {
		t.Fatalf("error %v, want %v", err, fs.ErrExist)
	}
	loaded, err := vault.LoadMasterKey(path)
	if err != nil {
		t.Fatal(err)
	}
	if *loaded != *made {
		t.Fatal("another key")
	}
}

func TestMasterKeyFileIsDoubted(t *testing.T) {
	path := filepath.Join(t.TempDir(), "master.key")
	if _, err := vault.CreateMasterKey(path); err != nil {
		t.Fatal(err)
	}
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	refused := func(what string, text []byte) {
		t.Helper()
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := vault.LoadMasterKey(path)
		if !errors.Is(err, vault.ErrMasterKeyFile) {
			t.Errorf("%s: error %v, want %v", what, err, vault.ErrMasterKeyFile)
		}
	}
	for n := range good {
		refused(fmt.Sprintf("cut to %d bytes", n), good[:n])
		altered := append([]byte{}, good...)
		altered[n] ^= 1
		refused(fmt.Sprintf("byte %d altered", n), altered)
	}
	refused("more after it", append(good, '\n'))
	refused("large", append(good, make([]byte, 1<<20)...))

	if err := os.WriteFile(path, good, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, mode := range []fs.FileMode{0o640, 0o604, 0o644, 0o660} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		if _, err := vault.LoadMasterKey(path); !errors.Is(err, vault.ErrMasterKeyFile) {
			t.Errorf("mode %v: error %v, want %v", mode, err, vault.ErrMasterKeyFile)
		}
	}
	if _, err := vault.LoadMasterKey(t.TempDir()); !errors.Is(err, vault.ErrMasterKeyFile) {
		t.Errorf("a folder: error %v, want %v", err, vault.ErrMasterKeyFile)
	}
}

func TestKeysPrintAsTheirNames(t *testing.T) {
	m, err := vault.NewMasterKey()
	if err != nil {
		t.Fatal(err)
	}
	k := vault.NewKey("account/1", uuid.New(), [vault.KeyBytes]byte{0xAB, 0xAB, 0xAB})
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "master", m, "value", *m, "key", k)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "master", m, "key", *k)
	asJSON, err := json.Marshal([]any{m, *m, k, *k})
	if err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%o", "%t"} {
		if got := fmt.Sprintf(verb, m) + fmt.Sprintf(verb, *m); got != m.ID.String()+m.ID.String() {
			t.Errorf("%s prints the master key as %q", verb, got)
		}
		if got := fmt.Sprintf(verb, k) + fmt.Sprintf(verb, *k); got != "account/1account/1" {
			t.Errorf("%s prints a key as %q", verb, got)
		}
	}
	for _, text := range []string{log.String(), string(asJSON)} {
		if strings.Contains(text, "171,171") || strings.Contains(text, "171 171") || strings.Contains(strings.ToLower(text), "ababab") {
			t.Errorf("a key's bytes are in %q", text)
		}
		if !strings.Contains(text, m.ID.String()) || !strings.Contains(text, "account/1") {
			t.Errorf("no names in %q", text)
		}
	}
}
