package audit_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/google/uuid"

	"accountledger/consumers"
	"accountledger/domain"
	"accountledger/eventstore"
	"accountledger/eventstore/embedded"
	"accountledger/journal"
	"accountledger/replay/audit"
	"accountledger/replay/transfer"
	"accountledger/vault"
	"accountledger/vault/sqlite"
)

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// world is a small ledger.
type world struct {
	t      *testing.T
	log    *embedded.Store
	vault  *sqlite.Vault
	master *vault.MasterKey
	dir    string // of the vault
	heads  map[string]journal.Head
	now    time.Time
}

func newWorld(t *testing.T) *world {
	t.Helper()
	log, err := embedded.Open(embedded.Options{Dir: "log", FS: vfs.NewMem(), ReserveBytes: -1})
	ok(t, err)
	t.Cleanup(func() { _ = log.Close() })
	return over(t, log)
}

func over(t *testing.T, log *embedded.Store) *world {
	t.Helper()
	m, err := vault.NewMasterKey()
	ok(t, err)
	w := &world{t: t, log: log, master: m, dir: filepath.Join(t.TempDir(), "vault"), heads: map[string]journal.Head{},
		now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	w.vault, err = sqlite.Open(t.Context(), w.dir, m, sqlite.Options{})
	ok(t, err)
	t.Cleanup(func() { _ = w.vault.Close() })
	return w
}

func (w *world) journal(log eventstore.Store) *journal.Journal {
	w.t.Helper()
	r, err := journal.NewRegistry(journal.Types(), journal.Upcasters(), journal.PartUpcasters())
	ok(w.t, err)
	return journal.New(log, r, w.vault)
}

func (w *world) write(stream string, event any) {
	w.t.Helper()
	head, is := w.heads[stream]
	if !is {
		head = journal.NoStream(stream)
	}
	w.now = w.now.Add(time.Second)
	done, err := w.journal(w.log).Append(w.t.Context(), head, journal.Entry{ID: domain.EventID{UUID: uuid.New()},
		Metadata: domain.Metadata{At: w.now, Actor: domain.Actor{Kind: domain.ActorSystem}, Channel: domain.ChannelProcess}, Event: event})
	ok(w.t, err)
	w.heads[stream] = done.Head
}

// fill writes events to several streams, some with a sealed part.
func (w *world) fill(n int) {
	w.t.Helper()
	for i := range n {
		w.write(fmt.Sprintf("operations-%d", i%5), domain.OperationPerformed{Operation: domain.OpKeysList, UID: i})
	}
	for i := range 3 {
		device := domain.DeviceID{UUID: uuid.New()}
		w.write("account-1", domain.DeviceLinked{Device: device, Kind: "phone", Nth: 1,
			Name: domain.Personal(domain.DeviceText{}, "account/1", fmt.Sprint("device/", i))})
	}
	ok(w.t, w.vault.DestroyKeys(w.t.Context(), "device/2"))
	ok(w.t, w.vault.PutSecret(w.t.Context(), "password/1", []byte("x")))
}

func (w *world) run(log eventstore.Store, change ...func(*audit.Ledger)) audit.Report {
	w.t.Helper()
	l := audit.Ledger{Log: log, Journal: w.journal(log), Vault: w.vault}
	for _, c := range change {
		c(&l)
	}
	r, err := l.Run(w.t.Context())
	ok(w.t, err)
	return r
}

func TestAWholeLedger(t *testing.T) {
	w := newWorld(t)
	w.fill(200)
	want, err := transfer.Sum(t.Context(), w.log, nil)
	ok(t, err)
	for _, streams := range []int64{0, 1, 60} { // read once, and many times
		r := w.run(w.log, func(l *audit.Ledger) { l.StreamsAtOnce = streams })
		if len(r.Faults) > 0 || r.Digest != want || r.Events != 203 || r.Keys != 3 || r.KeysDestroyed != 1 || r.Rows.All() != 5 || len(r.Newer) > 0 {
			t.Errorf("%d: %+v", streams, r)
		}
	}
	if r := newWorld(t).run(newWorld(t).log); len(r.Faults) > 0 {
		t.Errorf("an empty one: %+v", r)
	}
}

// bent returns some of what it reads altered.
type bent struct {
	eventstore.Store
	bend func(*eventstore.Recorded)
	err  error
}

func (b *bent) ReadAll(ctx context.Context, after eventstore.Position, limit int) (eventstore.Page, error) {
	p, err := b.Store.ReadAll(ctx, after, min(limit, 50))
	if err == nil && b.err != nil && after.Commit() >= 100 {
		return eventstore.Page{}, b.err
	}
	for i := range p.Events {
		b.bend(&p.Events[i])
	}
	return p, err
}

func (b *bent) ReadStream(ctx context.Context, stream string, d eventstore.Direction, from int64) iter.Seq2[eventstore.Recorded, error] {
	return func(yield func(eventstore.Recorded, error) bool) {
		for e, err := range b.Store.ReadStream(ctx, stream, d, from) {
			b.bend(&e)
			if !yield(e, err) {
				return
			}
		}
	}
}

func TestFaultsOfTheLogAreNamed(t *testing.T) {
	w := newWorld(t)
	w.fill(200)
	at := func(e *eventstore.Recorded) bool { return e.Stream == "operations-3" && e.Version == 7 }
	for name, c := range map[string]struct {
		bend   func(*eventstore.Recorded)
		reason string
	}{
		"a version left out": {func(e *eventstore.Recorded) {
			if e.Stream == "operations-3" && e.Version >= 7 {
				e.Version++
			}
		}, "version 8 is where 7 should be"},
		"a time before the one before": {func(e *eventstore.Recorded) {
			if at(e) {
				e.Metadata = []byte(strings.Replace(string(e.Metadata), `"at":"2026-`, `"at":"2025-`, 1))
			}
		}, "has an earlier time"},
		"an envelope that cannot be read": {func(e *eventstore.Recorded) {
			if at(e) {
				e.Metadata = e.Metadata[:20]
			}
		}, "metadata"},
		"data that cannot be read": {func(e *eventstore.Recorded) {
			if at(e) {
				e.Data = []byte(`{"operation":"keys_list","who":"Ada"}`)
			}
		}, "cannot be read"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, streams := range []int64{0, 30} {
				r := w.run(&bent{Store: w.log, bend: c.bend}, func(l *audit.Ledger) { l.StreamsAtOnce = streams })
				if len(r.Faults) != 1 {
					t.Fatalf("%+v", r.Faults)
				}
				f := r.Faults[0]
				if f.Where != audit.InLog || f.Stream != "operations-3" || f.Version == nil || *f.Version < 7 || *f.Version > 8 || f.Position == "" ||
					!strings.Contains(f.Reason, c.reason) {
					t.Errorf("%+v", f)
				}
				if strings.Contains(f.Reason, "Ada") {
					t.Error("the fault repeats what is stored")
				}
			}
		})
	}
}

func TestEventsOfANewerProgramAreNoFault(t *testing.T) {
	w := newWorld(t)
	w.fill(20)
	_, err := w.log.Append(t.Context(), "account-9", eventstore.NoStream, eventstore.Event{ID: uuid.New(), Type: "account.renamed.v1",
		Data: []byte(`{}`), Metadata: []byte(`{"format":1,"at":"2026-01-01T00:00:00Z","actor":{"kind":"system"},"channel":"process"}`)})
	ok(t, err)
	if r := w.run(w.log); len(r.Faults) > 0 || r.Newer["account.renamed.v1"] != 1 {
		t.Errorf("%+v", r)
	}
}

func TestDamagedBytesAreNamedByFileAndOffset(t *testing.T) {
	w := newWorld(t)
	w.fill(200)
	r := w.run(&bent{Store: w.log, bend: func(*eventstore.Recorded) {}, err: &eventstore.CorruptError{File: "000007.sst", Offset: 4711, Reason: "checksum"}})
	if len(r.Faults) != 1 || r.Faults[0].File != "000007.sst" || r.Faults[0].Offset != 4711 || r.Faults[0].Where != audit.InLog {
		t.Errorf("%+v", r.Faults)
	}
	if r.Rows.All() == 0 {
		t.Error("the vault was not looked at")
	}
}

// A byte changed by the disk is found in its file.
func TestAFlippedByteOfALogOnDisk(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "log")
	log, err := embedded.Open(embedded.Options{Dir: dir, ReserveBytes: -1})
	ok(t, err)
	over(t, log).fill(500)
	ok(t, log.Close())
	var name string
	var text []byte
	ok(t, filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".sst") {
			b, err := os.ReadFile(path)
			if len(b) > len(text) {
				name, text = path, b
			}
			return err
		}
		return err
	}))
	text[len(text)/4] ^= 1
	ok(t, os.WriteFile(name, text, 0o600))
	log, err = embedded.Open(embedded.Options{Dir: dir, ReserveBytes: -1})
	ok(t, err)
	defer func() { _ = log.Close() }()
	w := over(t, log)
	r := w.run(log)
	if len(r.Faults) == 0 || r.Faults[0].Where != audit.InLog || filepath.Base(r.Faults[0].File) != filepath.Base(name) {
		t.Errorf("%+v", r.Faults)
	}
}

func TestAMissingKeyIsNamedWithItsEvent(t *testing.T) {
	w := newWorld(t)
	w.fill(20)
	other := over(t, w.log)
	_, err := other.vault.CreateKeys(t.Context(), "account/1", "device/1", "device/2")
	ok(t, err)
	r := other.run(w.log)
	if len(r.Faults) != 1 || r.Faults[0].Where != audit.InKeys || r.Faults[0].Name != "device/0" || r.Faults[0].Stream != "account-1" ||
		*r.Faults[0].Version != 0 {
		t.Errorf("%+v", r.Faults)
	}
	if r := other.run(w.log, func(l *audit.Ledger) { l.Archive = true }); len(r.Faults) > 0 {
		t.Errorf("an archive: %+v", r.Faults)
	}
}

// turned is a vault with a damaged row.
type turned struct{ vault.Portable }

func (v turned) Dump(ctx context.Context, yield func([]vault.Row) error) error {
	return v.Portable.Dump(ctx, func(rows []vault.Row) error {
		for i := range rows {
			if rows[i].Name == "password/1" {
				rows[i].Wrapped[40] ^= 1
			}
		}
		return yield(rows)
	})
}

func TestADamagedRowOfTheVaultIsNamed(t *testing.T) {
	w := newWorld(t)
	w.fill(20)
	r := w.run(w.log, func(l *audit.Ledger) { l.Vault = turned{w.vault} })
	if len(r.Faults) != 1 || r.Faults[0].Where != audit.InVault || r.Faults[0].Name != "password/1" {
		t.Errorf("%+v", r.Faults)
	}
}

func TestConsumersAreLookedAt(t *testing.T) {
	w := newWorld(t)
	w.fill(20)
	head, err := w.log.Head(t.Context())
	ok(t, err)
	elsewhere := head
	elsewhere.Log = uuid.New()
	another := head
	another.Event = uuid.New()
	says := func(name string, at eventstore.Checkpoint, err error) audit.Consumer {
		return audit.Consumer{Name: name, At: func(context.Context) (eventstore.Checkpoint, error) { return at, err }}
	}
	r := w.run(w.log, func(l *audit.Ledger) {
		l.Consumers = []audit.Consumer{says("b", head, nil), says("a", eventstore.Checkpoint{}, nil), says("foreign", elsewhere, nil),
			says("other", another, nil), says("new", eventstore.Checkpoint{}, consumers.ErrRebuilding), says("old", eventstore.Checkpoint{}, consumers.ErrUnusable)}
	})
	if fmt.Sprint(r.Consumers, r.Remade) != "[a b] [new]" || len(r.Faults) != 3 || r.Faults[0].Name != "foreign" || r.Faults[1].Name != "other" ||
		r.Faults[2].Name != "old" {
		t.Errorf("%+v", r)
	}
	l := audit.Ledger{Log: w.log, Journal: w.journal(w.log), Vault: w.vault, Consumers: []audit.Consumer{says("x", head, os.ErrPermission)}}
	if _, err := l.Run(t.Context()); !errors.Is(err, os.ErrPermission) {
		t.Errorf("%v", err)
	}
}
