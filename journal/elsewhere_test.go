package journal_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"accountledger/domain"
	"accountledger/journal"
	"accountledger/vault"
)

// process is one of several that have a vault open: it answers from its own cache until it hears of what others destroyed.
type process struct {
	*fixedKeys // what the vault holds
	cache      *vault.KeyCache
}

func (p process) Keys(ctx context.Context, names ...string) ([]*vault.Key, error) {
	keys, err := p.fixedKeys.Keys(ctx, names...)
	for i, n := range names {
		if held := p.cache.Get(n); held != nil {
			keys[i] = held
		} else if keys[i] != nil {
			p.cache.Put(keys[i], p.cache.Ticket(n))
		}
	}
	return keys, err
}

func (p process) DestroyKeys(ctx context.Context, names ...string) error {
	err := p.fixedKeys.DestroyKeys(ctx, names...)
	p.cache.Evict(names...)
	return err
}

// From the moment at which a process's vault refuses a key, nothing derived from it opens anything there either,
// whichever of a part's keys it is and however warm the ciphers were.
func TestAKeyDestroyedByAnotherProcess(t *testing.T) {
	for _, gone := range []string{"account/1", "device/2"} {
		t.Run(gone, func(t *testing.T) {
			shared, store := newKeys(""), openStore(t)
			here, there := process{shared, vault.NewKeyCache(64)}, process{shared, vault.NewKeyCache(64)}
			f, e := linked(t, journal.New(store, registry(t), here), stream)
			j := journal.New(store, registry(t), there)
			carried := journal.Carry(f, e.Name)
			opens := func(want error) {
				t.Helper()
				if v, err := journal.Open(t.Context(), j, f, e.Name); !errors.Is(err, want) || want != nil && v.Text != "" {
					t.Errorf("opened: %v, want %v", err, want)
				}
				if v, err := journal.OpenCarried[domain.DeviceText](t.Context(), j, carried); !errors.Is(err, want) || want != nil && v.Text != "" {
					t.Errorf("carried: %v, want %v", err, want)
				}
				shown, err := j.Reveal(t.Context(), f)
				if err != nil || strings.Contains(string(shown), watch.Text) != (want == nil) {
					t.Errorf("revealed: %v", err)
				}
			}
			opens(nil)
			if err := journal.New(store, registry(t), here).Destroy(t.Context(), gone); err != nil {
				t.Fatal(err)
			}
			there.cache.Evict(gone) // it hears of it
			for range 2 {
				opens(journal.ErrUnreadable)
			}
		})
	}
}
