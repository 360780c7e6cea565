//go:build engines

package postgres_test

import (
	"errors"
	"strings"
	"testing"

	"accountledger/faults/network"
	"accountledger/vault"
	"accountledger/vault/postgres"
)

func TestAnotherMasterKeyIsRefused(t *testing.T) {
	p, master := newPlace(t), newMaster(t)
	ok(t, p.open(t, postgres.Options{}, master).Close())
	forged := newMaster(t)
	forged.ID = master.ID
	for _, m := range []*vault.MasterKey{newMaster(t), forged} {
		_, err := postgres.Open(t.Context(), p.address, ring(t, m), postgres.Options{Schema: p.schema})
		if !errors.Is(err, vault.ErrMasterKey) {
			t.Fatalf("error %v, want %v", err, vault.ErrMasterKey)
		}
	}
	// A newer one beside it does no harm: the vault records which it uses.
	v := p.open(t, postgres.Options{}, newMaster(t), master)
	createKeys(t, v, "account/1")
	ok(t, v.Close())
	_, err := p.open(t, postgres.Options{}, master).Key(t.Context(), "account/1")
	ok(t, err)
}

func TestForeignTablesAreRefused(t *testing.T) {
	for name, change := range map[string]string{
		"newer version":            "UPDATE vault SET version = 99",
		"no row":                   "DELETE FROM vault",
		"tables of someone else":   "DROP TABLE vault; CREATE TABLE theirs (a int)",
		"a vault of someone else":  "DROP TABLE vault; CREATE TABLE vault (a int)",
		"nothing but other tables": "DROP TABLE vault, masters, destructions, pings, keys, secrets, identifiers; CREATE TABLE theirs (a int)",
	} {
		t.Run(name, func(t *testing.T) {
			p, master := newPlace(t), newMaster(t)
			ok(t, p.open(t, postgres.Options{}, master).Close())
			_, err := p.connect(t).Exec(t.Context(), change)
			ok(t, err)
			_, err = postgres.Open(t.Context(), p.address, ring(t, master), postgres.Options{Schema: p.schema})
			if !errors.Is(err, postgres.ErrSchema) {
				t.Fatalf("error %v, want %v", err, postgres.ErrSchema)
			}
		})
	}
}

func TestWhatOpenRefuses(t *testing.T) {
	proxy, err := network.NewProxy("127.0.0.1:1") // where nothing answers
	ok(t, err)
	defer func() { _ = proxy.Close() }()
	for name, c := range map[string]struct {
		address, schema string
		want            error
	}{
		"no address":     {"postgres://user:hunter2@[", "", vault.ErrInvalid},
		"unsafe commits": {"postgres://user:hunter2@h/d?synchronous_commit=off", "", vault.ErrInvalid},
		"long schema":    {address, strings.Repeat("x", 64), vault.ErrInvalid},
		"no server":      {"postgres://user:hunter2@" + proxy.Address() + "/d?sslmode=disable", "", vault.ErrUnavailable},
	} {
		_, err := postgres.Open(t.Context(), c.address, ring(t, newMaster(t)), postgres.Options{Schema: c.schema})
		if !errors.Is(err, c.want) {
			t.Errorf("%s: error %v, want %v", name, err, c.want)
		}
		if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: the error repeats the password", name)
		}
	}
}

func TestASchemaOfAnyName(t *testing.T) {
	p := place{address, `vault_test_"; DROP TABLE x; --é ` + randomName()}
	master := newMaster(t)
	v := p.open(t, postgres.Options{}, master)
	createKeys(t, v, "account/1")
	ok(t, v.Close())
	_, err := p.open(t, postgres.Options{}, master).Key(t.Context(), "account/1")
	ok(t, err)
	p.drop(t)
}

// A wrapped key moved to another row does not open there.
func TestAMovedRowIsNoticed(t *testing.T) {
	p, master := newPlace(t), newMaster(t)
	v := p.open(t, postgres.Options{}, master)
	createKeys(t, v, "mine", "theirs", "fine")
	ok(t, v.PutSecret(t.Context(), "mine", []byte("mine")))
	ok(t, v.PutSecret(t.Context(), "theirs", []byte("theirs")))
	ok(t, v.Close())
	sql := p.connect(t)
	for _, table := range []string{"keys", "secrets"} {
		_, err := sql.Exec(t.Context(), "UPDATE "+table+" SET (id, wrapped) = (SELECT id, wrapped FROM "+table+
			" WHERE name = 'theirs') WHERE name = 'mine'")
		ok(t, err)
	}
	v = p.open(t, postgres.Options{}, master)
	_, one := v.Key(t.Context(), "mine")
	_, many := v.Keys(t.Context(), "fine", "mine")
	_, made := v.CreateKeys(t.Context(), "new", "mine")
	_, secret := v.Secret(t.Context(), "mine")
	for call, err := range map[string]error{"Key": one, "Keys": many, "CreateKeys": made, "Secret": secret} {
		if !errors.Is(err, vault.ErrCorrupt) {
			t.Errorf("%s: error %v, want %v", call, err, vault.ErrCorrupt)
		}
	}
	if _, err := v.Key(t.Context(), "new"); !errors.Is(err, vault.ErrNotFound) {
		t.Errorf("error %v, want %v", err, vault.ErrNotFound)
	}

	// A rotation does what can be done and keeps the old master key in use for the rest.
	next := newMaster(t)
	var last vault.RotationProgress
	err := v.Rotate(t.Context(), next, func(p vault.RotationProgress) { last = p })
	if !errors.Is(err, vault.ErrCorrupt) || last.Damaged != 2 || last.Done+last.Damaged != last.Total {
		t.Errorf("error %v, progress %+v", err, last)
	}
	if err := v.MasterDestroyed(t.Context(), master.ID); !errors.Is(err, vault.ErrInUse) {
		t.Errorf("error %v, want %v", err, vault.ErrInUse)
	}
	_, err = v.Key(t.Context(), "fine")
	ok(t, err)
	ok(t, v.DestroyKeys(t.Context(), "mine"))
	ok(t, v.DestroySecrets(t.Context(), "mine"))
	ok(t, v.Rotate(t.Context(), next, nil))
	ok(t, v.MasterDestroyed(t.Context(), master.ID))
}
