package vault_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"accountledger/vault"
)

// FuzzMasterKeyFile parses any file as a master key: it is one, or it is refused with the right error.
func FuzzMasterKeyFile(f *testing.F) {
	dir := f.TempDir()
	whole := filepath.Join(dir, "whole")
	if _, err := vault.CreateMasterKey(whole); err != nil {
		f.Fatal(err)
	}
	text, err := os.ReadFile(whole)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add(text[:len(text)-1])
	f.Add([]byte("accountledger master key, version 1\nid \nkey \nsum \n"))
	path := filepath.Join(dir, "fuzzed")
	f.Fuzz(func(t *testing.T, text []byte) {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := vault.LoadMasterKey(path); err != nil && !errors.Is(err, vault.ErrMasterKeyFile) {
			t.Fatalf("refused with %v", err)
		}
	})
}
