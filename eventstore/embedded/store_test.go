package embedded_test

import (
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"accountledger/eventstore"
	"accountledger/eventstore/embedded"
	"accountledger/eventstore/storetest"
)

func TestStore(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string]embedded.Options{
		"Defaults": {},
		// So small that every test crosses the boundaries inside the store.
		"Small": {FS: vfs.NewMem(), IndexAppends: 3, MemTableBytes: 1 << 20, CacheBytes: 1 << 20},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			storetest.Run(t, func(t *testing.T) eventstore.Store {
				t.Helper()
				opts.Dir = t.TempDir()
				s, err := embedded.Open(opts)
				if err != nil {
					t.Fatal(err)
				}
				return s
			})
		})
	}
}
