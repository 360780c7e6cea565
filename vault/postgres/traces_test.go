//go:build engines

package postgres_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/uuid"

	"accountledger/vault"
	"accountledger/vault/postgres"
)

// remains is one wrapped thing: where it belongs and how long it is kept.
type remains struct {
	kind   vault.Kind
	name   string
	id     uuid.UUID
	length int
}

// opens tries a master key at every place of every file where the remains could begin.
func (r remains) opens(files [][]byte, m *vault.MasterKey) bool {
	for _, raw := range files {
		for at := 0; at+r.length <= len(raw); at++ {
			if !couldBeWrapped(raw[at : at+r.length]) {
				continue
			}
			if _, err := m.Unwrap(r.kind, r.name, r.id, raw[at:at+r.length]); err == nil {
				return true
			}
		}
	}
	return false
}

// couldBeWrapped skips places without the format's first byte, or with more
// zeros in the next 60 bytes than random bytes have once in 10^15.
func couldBeWrapped(b []byte) bool {
	return b[0] == 1 && bytes.Count(b[1:min(len(b), 61)], []byte{0}) < 10
}

// files reads every file of a folder.
func files(t *testing.T, folder string) (all [][]byte) {
	t.Helper()
	ok(t, filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		raw, err := os.ReadFile(path)
		all = append(all, raw)
		return err
	}))
	return all
}

func contain(files [][]byte, trace []byte) bool {
	for _, raw := range files {
		if bytes.Contains(raw, trace) {
			return true
		}
	}
	return false
}

// What was destroyed may still be in the server's files, but after a rotation and the destruction of
// the old master key nobody can open it, wherever it is.
func TestDestroyedBytesOpenNowhere(t *testing.T) {
	server, p := ownServer(t)
	old, next := newMaster(t), newMaster(t)
	v := p.open(t, postgres.Options{}, old)
	sql := p.connect(t)
	var gone, kept []remains
	var clear [][]byte
	for who, into := range map[string]*[]remains{"gone": &gone, "kept": &kept} {
		key := createKeys(t, v, who)[0]
		material := key.Material()
		ok(t, v.PutSecret(t.Context(), who, []byte("the secret of "+who)))
		digest, claim := vault.Digest([]byte(who + " has a digest of 32 bytes here")[:32]), uuid.New()
		_, err := v.InsertIdentifier(t.Context(), digest, claim)
		ok(t, err)
		clear = append(clear, material[:], []byte("the secret of "+who), digest[:], claim[:])
		*into = append(*into, remains{vault.KindKey, who, key.ID, vault.KeyBytes + vault.WrapOverhead})
		var secret, pair uuid.UUID
		ok(t, sql.QueryRow(t.Context(), "SELECT id FROM secrets WHERE name = $1", []byte(who)).Scan(&secret))
		*into = append(*into, remains{vault.KindSecret, who, secret, 256 + vault.WrapOverhead})
		if who == "kept" {
			continue // the rotation gives its row a new id
		}
		ok(t, sql.QueryRow(t.Context(), "SELECT id FROM identifiers ORDER BY ctid DESC LIMIT 1").Scan(&pair))
		*into = append(*into, remains{vault.KindIdentifier, "", pair, len(digest) + len(claim) + vault.WrapOverhead})
		ok(t, v.DestroyKeys(t.Context(), who))
		ok(t, v.DestroySecrets(t.Context(), who))
		ok(t, v.DeleteIdentifier(t.Context(), claim))
	}
	ok(t, v.Rotate(t.Context(), next, nil))
	ok(t, v.MasterDestroyed(t.Context(), old.ID))
	states, err := v.Masters(t.Context())
	ok(t, err)
	ok(t, v.Close())
	ok(t, server.Halt())

	all := files(t, server.DataFolder())
	// Control: with its master key the scan finds what is there.
	for _, r := range append(gone[:len(gone):len(gone)], kept...) {
		if !r.opens(all, old) {
			t.Errorf("%s %q is not found even with the old master key: the scan shows nothing", r.kind, r.name)
		}
	}
	for _, r := range kept {
		if !r.opens(all, next) {
			t.Errorf("%s %q is not found: the scan shows nothing", r.kind, r.name)
		}
	}
	// The master keys still held are those that the vault does not record as destroyed.
	for _, s := range states {
		if !s.DestroyedAt.IsZero() {
			continue
		}
		if s.ID != next.ID {
			t.Fatalf("%s is still held", s.ID)
		}
		for _, r := range gone {
			if r.opens(all, next) {
				t.Errorf("%s %q is opened by a master key still held", r.kind, r.name)
			}
		}
	}
	for i, trace := range clear {
		if contain(all, trace) {
			t.Errorf("thing %d is in the server's files unencrypted", i)
		}
	}
}
