package salvage_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/uuid"

	"accountledger/domain"
	"accountledger/eventstore"
	"accountledger/eventstore/embedded"
	"accountledger/journal"
	"accountledger/replay/backup"
	"accountledger/replay/salvage"
	"accountledger/replay/transfer"
	"accountledger/vault"
	"accountledger/vault/sqlite"
)

// torn is a log that can be read up to some event.
type torn struct {
	store eventstore.Store
	found eventstore.Salvaged
	most  int64
}

func (r *torn) Each(ctx context.Context, yield func(*eventstore.Recorded) error) error {
	for e, err := range transfer.Events(ctx, r.store) {
		if err != nil {
			return err
		}
		if r.found.Events == r.most {
			return nil
		}
		r.found.Events++
		if err := yield(e); err != nil {
			return err
		}
	}
	return nil
}

func (r *torn) Found() eventstore.Salvaged { return r.found }
func (r *torn) Close() error               { return nil }

func openLog(dir string, id uuid.UUID) (eventstore.Store, error) {
	return embedded.Open(embedded.Options{Dir: dir, ID: id, ReserveBytes: -1})
}

// TestSalvage: what can be read becomes a backup, with a report of what is missing; a key that the older vault lost reads as gone. A salvage
// that was broken off starts over, and none is made over another.
func TestSalvage(t *testing.T) {
	t.Parallel()
	fatal := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	top := t.TempDir()
	id := uuid.New()
	store, err := openLog(filepath.Join(top, "log"), id)
	fatal(err)
	master, err := vault.NewMasterKey()
	fatal(err)
	open := func(dir string) *sqlite.Vault {
		v, err := sqlite.Open(t.Context(), filepath.Join(top, dir), master, sqlite.Options{})
		fatal(err)
		t.Cleanup(func() {
			if err := v.Close(); err != nil {
				t.Error(err)
			}
		})
		return v
	}
	whole, older := open("vault"), open("older")
	registry, err := journal.NewRegistry(journal.Types(), journal.Upcasters(), journal.PartUpcasters())
	fatal(err)
	j := journal.New(store, registry, whole)
	for n := range 5 {
		staff := domain.StaffID{UUID: uuid.New()}
		_, err := j.Append(t.Context(), journal.NoStream(domain.StaffStream(staff)), journal.Entry{ID: domain.EventID{UUID: uuid.New()},
			Metadata: domain.Metadata{At: time.Now(), Actor: domain.Operator(1000).Actor, Channel: domain.ChannelConsole},
			Event: domain.StaffAdded{CodeHash: domain.HashHandle("code"), Expires: time.Now(),
				Officer: domain.Personal(domain.OfficerInfo{Name: "Grace"}, domain.StaffKey(staff))}})
		fatal(err)
		if n == 0 { // the older vault is from then
			fatal(whole.Dump(t.Context(), func(rows []vault.Row) error { return older.Load(t.Context(), whole.Keyring(), rows) }))
		}
	}
	for _, c := range []struct {
		vault *sqlite.Vault
		lost  int64
	}{{whole, 0}, {older, 2}} {
		l := salvage.Ledger{Vault: c.vault, List: func(context.Context) (*backup.List, error) { return nil, errors.New("the list is away") },
			Read: func(context.Context, uuid.UUID, string) (salvage.Readable, error) {
				return &torn{store: store, most: 3, found: eventstore.Salvaged{Log: id, Acknowledged: 5, Behind: 1}}, nil
			},
			New: openLog, Version: "test", Now: time.Now, Log: slog.New(slog.DiscardHandler)}
		dir := filepath.Join(t.TempDir(), "salvaged")
		fatal(os.MkdirAll(dir+".salvaging", 0o700)) // as one leaves that was broken off
		fatal(os.WriteFile(filepath.Join(dir+".salvaging", "log"), []byte("half"), 0o600))
		out, err := l.Run(t.Context(), dir)
		fatal(err)
		if out.Events != 3 || out.Missing != 2 || out.KeysLost != c.lost || out.Backup.Events != 3 || out.Backup.Log != id {
			t.Errorf("%+v", out)
		}
		var report salvage.Salvaged
		b, err := os.ReadFile(filepath.Join(dir, salvage.Report))
		fatal(err)
		fatal(json.Unmarshal(b, &report))
		if report.Events != 3 || report.Missing != 2 || report.KeysLost != c.lost {
			t.Errorf("the report: %+v", report)
		}
		contents, err := backup.ReadContents(t.Context(), dir, nil)
		fatal(err)
		if contents.Events != 3 {
			t.Errorf("the backup: %+v", contents)
		}
		if _, err := os.Stat(dir + ".salvaging"); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("something is left: %v", err)
		}
		if _, err := l.Run(t.Context(), dir); !errors.Is(err, backup.ErrNotEmpty) {
			t.Errorf("over another: %v", err)
		}
	}
	fatal(store.Close())
}
