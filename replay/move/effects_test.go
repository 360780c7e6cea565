package move_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/uuid"

	"accountledger/eventstore"
	"accountledger/leases"
	"accountledger/leases/local"
	"accountledger/replay/move"
)

func at(n uint64) eventstore.Checkpoint {
	return eventstore.Checkpoint{Log: uuid.New(), Position: eventstore.NewPosition(n, n), Event: uuid.New()}
}

// places by consumers' names.
func places(t *testing.T, e *move.Effects) map[string]eventstore.Checkpoint {
	t.Helper()
	all, err := e.Places(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]eventstore.Checkpoint{}
	for _, p := range all {
		out[p.Consumer] = p.At
	}
	if len(out) != len(all) {
		t.Errorf("a consumer has two places: %v", all)
	}
	return out
}

// TestPlacesInFiles: what is set is read again, the newest counts, and a place that cannot be read is left out.
func TestPlacesInFiles(t *testing.T) {
	t.Parallel()
	e := move.Effects{Folder: t.TempDir()}
	if got := places(t, &e); len(got) > 0 {
		t.Errorf("of an empty folder: %v", got)
	}
	first, second := at(7), at(9)
	for _, p := range []move.Place{{Consumer: "notify", At: at(3)}, {Consumer: "notify", At: first}, {Consumer: "relay", At: second}} {
		if err := e.Set(t.Context(), p); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(e.Folder, "damaged.checkpoint"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := places(t, &e); len(got) != 2 || got["notify"] != first || got["relay"] != second {
		t.Errorf("%v", got)
	}
	consumers, err := e.Consumers(t.Context())
	if err != nil || len(consumers) != 2 {
		t.Fatal(consumers, err)
	}
	for _, c := range consumers {
		place, err := c.At(t.Context())
		if want := map[string]eventstore.Checkpoint{"notify": first, "relay": second}[c.Name]; err != nil || place != want {
			t.Errorf("%s at %v: %v", c.Name, place, err)
		}
	}
}

// TestPlacesOfLeases: where processes share the work, the place goes with the lease and counts before a file; while a process holds the lease,
// nobody moves it.
func TestPlacesOfLeases(t *testing.T) {
	t.Parallel()
	server := local.New()
	keeper := func() *leases.Keeper {
		k := leases.New(server, leases.Options{})
		t.Cleanup(func() {
			if err := k.Close(); err != nil {
				t.Error(err)
			}
		})
		return k
	}
	mine, other := keeper(), keeper()
	e := move.Effects{Folder: t.TempDir(), Shared: []string{"notify"}, Leases: func(context.Context) (*leases.Keeper, error) { return mine, nil }}
	alone := move.Effects{Folder: e.Folder}
	if err := alone.Set(t.Context(), move.Place{Consumer: "notify", At: at(1)}); err != nil {
		t.Fatal(err)
	}
	notify, relay := at(5), at(6)
	for _, p := range []move.Place{{Consumer: "notify", At: notify}, {Consumer: "relay", At: relay}} {
		if err := e.Set(t.Context(), p); err != nil {
			t.Fatal(err)
		}
	}
	if got := places(t, &e); got["notify"] != notify || got["relay"] != relay {
		t.Errorf("%v", got)
	}
	held, err := other.Acquire(t.Context(), "notify")
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Set(t.Context(), move.Place{Consumer: "notify", At: at(8)}); !errors.Is(err, leases.ErrHeld) {
		t.Errorf("a held lease: %v", err)
	}
	if err := held.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := places(t, &e); got["notify"] != notify {
		t.Errorf("it moved: %v", got)
	}
	files, err := filepath.Glob(filepath.Join(e.Folder, "*"))
	if err != nil || !slices.Equal(files, []string{filepath.Join(e.Folder, "notify.checkpoint"), filepath.Join(e.Folder, "relay.checkpoint")}) {
		t.Error(files, err)
	}
}
