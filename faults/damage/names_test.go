package main

import (
	"maps"
	"testing"
)

func TestNamesAreTheSameInEachRun(t *testing.T) {
	got := names([]string{
		"data/deadlines.db-wal", "data/log/acknowledged", "data/log/pebble/000016.log", "data/log/pebble/000019.log", "data/log/pebble/000018.sst",
		"data/log/pebble/MANIFEST-000010", "data/log/pebble/MANIFEST-000015", "data/log/pebble/marker.manifest.000003.MANIFEST-000015",
		"data/vault/vault.db", "data/views/accesses.live", "data/views/accesses.v2.g1.db-wal", "keys/destructions-85e0092f.head",
		"keys/master.key", "list/destructions",
	})
	want := map[string]string{
		"data/deadlines.db-wal": "deadlines.db-wal", "data/log/acknowledged": "log/acknowledged", "data/log/pebble/000019.log": "log/wal",
		"data/log/pebble/000016.log": "log/wal.1", "data/log/pebble/000018.sst": "log/sst", "data/log/pebble/MANIFEST-000015": "log/manifest",
		"data/log/pebble/MANIFEST-000010": "log/manifest.1", "data/log/pebble/marker.manifest.000003.MANIFEST-000015": "log/marker.manifest",
		"data/vault/vault.db": "vault/vault.db", "data/views/accesses.live": "views/accesses.live", "data/views/accesses.v2.g1.db-wal": "views/accesses.db-wal",
		"keys/destructions-85e0092f.head": "list/head", "keys/master.key": "keys/master", "list/destructions": "list/entries",
	}
	if !maps.Equal(got, want) {
		t.Errorf("got %v", got)
	}
}

func TestWordsOfARefusal(t *testing.T) {
	all := []string{"data/log/pebble/000019.log", "data/log/pebble/MANIFEST-000015", "data/vault/vault.db", "data/vault/vault.db-wal"}
	for name, c := range map[string]struct {
		said, touched string
		want          []string
	}{
		"named, with a way out":  {"accountledger: vault: /d/vault/vault.db is damaged: restore it from a backup", "data/vault/vault.db", nil},
		"the part alone":         {"accountledger: the vault is older than the log: put back the newer one", "data/vault/vault.db", nil},
		"another file is blamed": {"accountledger: log: 000019.log ends early: put back what is missing", "data/log/pebble/MANIFEST-000015", []string{namesAnother}},
		"nothing is named":       {"accountledger: unexpected EOF", "data/vault/vault.db", []string{namesNothing, noWayOut}},
		"a file beside it":       {"accountledger: vault: vault.db: restore it", "data/vault/vault.db-wal", nil},
	} {
		t.Run(name, func(t *testing.T) {
			got := judgeWords(&refusal{code: 1, stderr: c.said}, []string{c.touched}, all)
			if len(got) != len(c.want) || len(got) > 0 && got[0] != c.want[0] {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}
