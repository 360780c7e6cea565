package vault_test

import (
	"errors"
	"sync"
	"testing"

	"accountledger/vault"
)

// made counts how often something had to be derived.
type made struct{ times int }

func (m *made) from(t *testing.T, label string, keys ...*vault.Key) int {
	t.Helper()
	got, err := vault.Derive(label, keys, func() (int, error) {
		m.times++
		return m.times, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func cached(c *vault.KeyCache, names ...string) []*vault.Key {
	keys := make([]*vault.Key, len(names))
	for i, n := range names {
		keys[i] = key(n)
		c.Put(keys[i], c.Ticket(n))
	}
	return keys
}

func TestWhatIsDerivedIsMadeOnce(t *testing.T) {
	var m made
	k := cached(vault.NewKeyCache(64), "a", "b", "c")
	for range 2 {
		if m.from(t, "x", k[0]) != 1 || m.from(t, "y", k[0]) != 2 || m.from(t, "x", k[0], k[1]) != 3 || m.from(t, "x", k[0], k[2]) != 4 ||
			m.from(t, "x", k[1], k[0]) != 5 {
			t.Fatal("made again, or of other keys or another label")
		}
	}
	failed := errors.New("failed")
	if _, err := vault.Derive("z", k, func() (int, error) { return 0, failed }); !errors.Is(err, failed) {
		t.Fatalf("error %v", err)
	}
	if m.from(t, "z", k...) != 6 {
		t.Fatal("what failed was kept")
	}
	var zero vault.Key
	if m.from(t, "x", &zero) != 7 || m.from(t, "x", k[1], &zero) != 8 {
		t.Fatal("something was derived from a key of no vault")
	}
}

// A key that leaves the cache, however it does, takes with it everything it is part of.
func TestWhatIsDerivedGoesWithItsKeys(t *testing.T) {
	for how, leave := range map[string]func(c *vault.KeyCache, name string){
		"evicted":  func(c *vault.KeyCache, name string) { c.Evict("other", name) },
		"cleared":  func(c *vault.KeyCache, _ string) { c.Clear() },
		"replaced": func(c *vault.KeyCache, name string) { c.Put(key(name), c.Ticket(name)) },
		"no room": func(c *vault.KeyCache, name string) {
			for c.Get("b") != nil && c.Get("a") != nil {
				cached(c, name+"1", name+"2", name+"3", name+"4", name+"5", name+"6", name+"7", name+"8", name+"9")
				name += "x"
			}
		},
	} {
		for _, who := range []string{"a", "b"} {
			t.Run(how+" "+who, func(t *testing.T) {
				var m made
				c := vault.NewKeyCache(32)
				k := cached(c, "a", "b")
				m.from(t, "x", k...)
				leave(c, who)
				// A holder of the keys may still derive, but nothing is kept.
				if m.from(t, "x", k...) != 2 || m.from(t, "x", k...) != 3 {
					t.Fatal("it outlived its key")
				}
			})
		}
	}
	var m made
	c := vault.NewKeyCache(64)
	k := cached(c, "a", "b")
	m.from(t, "x", k[0])
	m.from(t, "x", k...)
	c.Evict("b")
	if m.from(t, "x", k[0]) != 1 {
		t.Fatal("what needs one key was dropped with another")
	}
}

func TestDerivingWhileKeysLeave(t *testing.T) {
	c := vault.NewKeyCache(64)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 500 {
				k := cached(c, "a", "b", "c")
				for _, keys := range [][]*vault.Key{k, {k[1], k[0]}, k[2:]} {
					got, err := vault.Derive("x", keys, func() (string, error) { return keys[0].Name, nil })
					if err != nil || got != keys[0].Name {
						t.Errorf("%s, %v", got, err)
					}
				}
				c.Evict("b", "a")
			}
		})
	}
	wg.Wait()
}
