package restore_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"

	"accountledger/eventstore"
	"accountledger/eventstore/embedded"
	"accountledger/replay/restore"
	"accountledger/replay/transfer"
	"accountledger/vault"
	"accountledger/vault/sqlite"
)

// TestCheckEmpty: a ledger is restored over nothing, and the part that holds something is named.
func TestCheckEmpty(t *testing.T) {
	t.Parallel()
	for _, holds := range []string{"", "log", "vault"} {
		dir := t.TempDir()
		log, err := embedded.Open(embedded.Options{Dir: filepath.Join(dir, "log"), ReserveBytes: -1})
		if err != nil {
			t.Fatal(err)
		}
		master, err := vault.NewMasterKey()
		if err != nil {
			t.Fatal(err)
		}
		keys, err := sqlite.Open(t.Context(), filepath.Join(dir, "vault"), master, sqlite.Options{})
		if err != nil {
			t.Fatal(err)
		}
		switch holds {
		case "log":
			_, err = log.Append(t.Context(), "stream", eventstore.NoStream, eventstore.Event{ID: uuid.New(), Type: "type", Data: []byte("{}"), Metadata: []byte("{}")})
		case "vault":
			_, err = keys.CreateKeys(t.Context(), "a key")
		}
		if err != nil {
			t.Fatal(err)
		}
		err = restore.CheckEmpty(t.Context(), transfer.Side{Log: log, Vault: keys})
		if errors.Is(err, restore.ErrNotEmpty) != (holds != "") || err != nil && !strings.HasPrefix(err.Error(), holds) {
			t.Errorf("%q: %v", holds, err)
		}
		if err := errors.Join(log.Close(), keys.Close()); err != nil {
			t.Error(err)
		}
	}
}
