//go:build engines

package postgres_test

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"accountledger/faults/network"
	"accountledger/vault"
	"accountledger/vault/postgres"
)

// second is how long a destroyed key may still be returned elsewhere.
const second = time.Second

func createKeys(t testing.TB, v vault.Vault, names ...string) []*vault.Key {
	t.Helper()
	keys, err := v.CreateKeys(t.Context(), names...)
	ok(t, err)
	return keys
}

// lastGiven reads a key until it is refused with the given error, and returns when the
// last successful call began.
func lastGiven(t *testing.T, v vault.Vault, name string, refusal error) (last time.Time) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for {
		began := time.Now()
		_, err := v.Key(ctx, name)
		switch {
		case err == nil:
			last = began
		case errors.Is(err, refusal):
			return last
		default:
			t.Fatalf("error %v, want %v", err, refusal)
		}
	}
}

func TestADestroyedKeyIsRefusedElsewhereWithinASecond(t *testing.T) {
	p, master := newPlace(t), newMaster(t)
	here, there := p.open(t, postgres.Options{}, master), p.open(t, postgres.Options{}, master)
	for i := range 5 {
		name := "account/" + strconv.Itoa(i)
		createKeys(t, here, name)
		_, err := there.Key(t.Context(), name)
		ok(t, err)
		ok(t, here.DestroyKeys(t.Context(), name))
		destroyed := time.Now()
		if _, err := here.Key(t.Context(), name); !errors.Is(err, vault.ErrDestroyed) {
			t.Fatalf("error %v, want %v", err, vault.ErrDestroyed)
		}
		if late := lastGiven(t, there, name, vault.ErrDestroyed).Sub(destroyed); late > second {
			t.Errorf("given %v after its destruction", late)
		}
	}
}

// Destructions in one group become known together.
func TestManyDestructionsAtOnce(t *testing.T) {
	p, master := newPlace(t), newMaster(t)
	here, there := p.open(t, postgres.Options{}, master), p.open(t, postgres.Options{}, master)
	names := make([]string, 1200)
	for i := range names {
		names[i] = "account/" + strconv.Itoa(i)
	}
	createKeys(t, there, names...)
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for _, n := range names[i*300 : (i+1)*300] {
				if err := here.DestroyKeys(t.Context(), n); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	destroyed := time.Now()
	for {
		late := time.Since(destroyed)
		keys, err := there.Keys(t.Context(), names...)
		ok(t, err)
		if late > second {
			for i, k := range keys {
				if k != nil {
					t.Fatalf("key %d is given %v after its destruction", i, late)
				}
			}
			return
		}
	}
}

// A process that is cut off must not trust its cache, whether the connection to the
// server is silent or broken.
func TestACutOffProcessTrustsNothing(t *testing.T) {
	for how, cutOff := range map[string]func(p *network.Proxy){
		"silent": (*network.Proxy).Freeze,
		"broken": func(p *network.Proxy) { p.Freeze(); p.Cut() },
	} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			p, master := newPlace(t), newMaster(t)
			here := p.open(t, postgres.Options{}, master)
			proxy, far := p.behindProxy(t)
			there := far.open(t, postgres.Options{Timeout: 400 * time.Millisecond}, master)
			createKeys(t, here, "gone", "kept")
			for _, n := range []string{"gone", "kept"} {
				_, err := there.Key(t.Context(), n)
				ok(t, err)
			}

			cutOff(proxy)
			ok(t, here.DestroyKeys(t.Context(), "gone"))
			destroyed := time.Now()
			if late := lastGiven(t, there, "gone", vault.ErrUnavailable).Sub(destroyed); late > second {
				t.Errorf("given %v after its destruction", late)
			}
			if _, err := there.Keys(t.Context(), "kept"); !errors.Is(err, vault.ErrUnavailable) {
				t.Errorf("error %v, want %v", err, vault.ErrUnavailable)
			}

			proxy.Flow()
			untilAnswers(t, there, "kept")
			if _, err := there.Key(t.Context(), "gone"); !errors.Is(err, vault.ErrDestroyed) {
				t.Errorf("error %v, want %v", err, vault.ErrDestroyed)
			}
		})
	}
}

// If there are too many destructions to fetch one by one, the whole cache is emptied.
func TestManyDestructionsEmptyTheCache(t *testing.T) {
	p, master := newPlace(t), newMaster(t)
	v := p.open(t, postgres.Options{}, master)
	createKeys(t, v, "account/1")
	_, err := p.connect(t).Exec(t.Context(), "BEGIN; DELETE FROM keys; UPDATE destructions SET number = 5000; COMMIT")
	ok(t, err)
	lastGiven(t, v, "account/1", vault.ErrNotFound)
}

func TestManyProcessesMakeTheTablesOnce(t *testing.T) {
	p, master := newPlace(t), newMaster(t)
	const processes = 6
	var opened [processes]vault.Vault
	var wg sync.WaitGroup
	for i := range processes {
		wg.Go(func() {
			v, err := postgres.Open(t.Context(), p.address, ring(t, master), postgres.Options{Schema: p.schema, Connections: 2})
			if err != nil {
				t.Error(err)
				return
			}
			opened[i] = v
		})
	}
	wg.Wait()
	// The race of many callers for one name and one identifier, each in its own process.
	var keys [processes]*vault.Key
	var claims [processes]uuid.UUID
	for i, v := range opened {
		if v == nil {
			continue
		}
		t.Cleanup(func() { _ = v.Close() })
		wg.Go(func() {
			made, err := v.CreateKeys(t.Context(), "b", "a", "b")
			claim, err2 := v.InsertIdentifier(t.Context(), vault.Digest{1}, uuid.New())
			if err := errors.Join(err, err2); err != nil {
				t.Error(err)
				return
			}
			keys[i], claims[i] = made[1], claim
		})
	}
	wg.Wait()
	for i := range processes {
		if keys[i] == nil || keys[i].ID != keys[0].ID || keys[i].Material() != keys[0].Material() || claims[i] != claims[0] {
			t.Fatal("two processes, two answers")
		}
	}
}

// behindProxy is the same place, reached through a proxy.
func (p place) behindProxy(t testing.TB) (*network.Proxy, place) {
	t.Helper()
	proxy, err := network.NewProxy(hostOf(t, p.address))
	ok(t, err)
	t.Cleanup(func() { _ = proxy.Close() })
	return proxy, place{withHost(t, p.address, proxy.Address()), p.schema}
}

// untilAnswers reads a key until the server can be reached again.
func untilAnswers(t testing.TB, v vault.Vault, name string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for {
		_, err := v.Key(ctx, name)
		if err == nil {
			return
		}
		if !errors.Is(err, vault.ErrUnavailable) {
			t.Fatal(err)
		}
	}
}
