//go:build engines

package postgres_test

import (
	"testing"

	"accountledger/vault"
	"accountledger/vault/postgres"
	"accountledger/vault/vaulttest"
)

func TestSuite(t *testing.T) { runSuite(t, postgres.Options{Connections: 16}) }

// A cache of a few keys must give the same answers as one that holds them all.
func TestSuiteWithASmallCache(t *testing.T) {
	runSuite(t, postgres.Options{CacheKeys: 1, Connections: 1})
}

func runSuite(t *testing.T, o postgres.Options) {
	// One vault for everything, as the suite allows: each test opens it as another process.
	p, master := newPlace(t), newMaster(t)
	vaulttest.Run(t, vaulttest.Engine{
		Open: func(t *testing.T) vault.Vault { return p.open(t, o, master) },
		Reopen: func(t *testing.T, v vault.Vault) vault.Vault {
			ok(t, v.Close())
			return p.open(t, o, master)
		},
	})
}

func TestRotation(t *testing.T) {
	places := map[vault.Rotator]place{}
	open := func(t *testing.T, p place, newest *vault.MasterKey, older ...*vault.MasterKey) (vault.Rotator, error) {
		o := postgres.Options{Schema: p.schema, Connections: 8}
		v, err := postgres.Open(t.Context(), p.address, ring(t, newest, older...), o)
		if err != nil {
			return nil, err
		}
		places[v] = p
		t.Cleanup(func() { _ = v.Close() })
		return v, nil
	}
	vaulttest.RunRotation(t, vaulttest.RotatingEngine{
		Open: func(t *testing.T, newest *vault.MasterKey) vault.Rotator {
			v, err := open(t, newPlace(t), newest)
			ok(t, err)
			return v
		},
		Reopen: func(t *testing.T, v vault.Rotator, newest *vault.MasterKey, older ...*vault.MasterKey) (vault.Rotator, error) {
			ok(t, v.Close())
			return open(t, places[v], newest, older...)
		},
	})
}
