// Package projectiontest helps tests of views: a real ledger in a temporary folder, histories to fold, and
// documents to compare. It is for tests only.
package projectiontest

import (
	"context"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"accountledger/domain"
	"accountledger/eventstore/embedded"
	"accountledger/journal"
	"accountledger/projections/sqlite"
	"accountledger/vault"
	vaultsqlite "accountledger/vault/sqlite"
)

// Ledger is a log, the keys it is sealed under and an engine for views, all real, in one folder.
type Ledger struct {
	testing.TB
	Store   *embedded.Store
	Journal *journal.Journal
	Engine  *sqlite.Engine
	Logger  *slog.Logger
	// Views is the folder of Engine.
	Views string

	mu    sync.Mutex // guards now: consumers read the time
	now   time.Time
	heads map[string]journal.Head
	facts map[domain.SignUpID]domain.Fact // of sign-ups requested

	described domain.Controllers
}

// Begin is the time of the first event of a Ledger.
func Begin() time.Time { return time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC) }

// New creates a ledger that is removed with the test.
func New(t testing.TB) *Ledger { return Open(t, t.TempDir()) }

// Open opens a ledger in a folder.
func Open(t testing.TB, dir string) *Ledger {
	t.Helper()
	store, err := embedded.Open(embedded.Options{Dir: filepath.Join(dir, "log")})
	must(t, err)
	master, err := vault.NewMasterKey()
	must(t, err)
	keys, err := vaultsqlite.Open(t.Context(), filepath.Join(dir, "vault"), master, vaultsqlite.Options{})
	must(t, err)
	views := filepath.Join(dir, "views")
	engine, err := sqlite.New(views)
	must(t, err)
	registry, err := journal.NewRegistry(journal.Types(), journal.Upcasters(), journal.PartUpcasters())
	must(t, err)
	t.Cleanup(func() {
		for _, c := range []interface{ Close() error }{engine, store, keys} {
			if err := c.Close(); err != nil {
				t.Errorf("closing %T: %v", c, err)
			}
		}
	})
	return &Ledger{TB: t, Store: store, Journal: journal.New(store, registry, keys), Engine: engine, Views: views,
		Logger: slog.New(slog.DiscardHandler), now: Begin(), heads: map[string]journal.Head{}, facts: map[domain.SignUpID]domain.Fact{}}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Now is the ledger's clock: the time of the next event.
func (l *Ledger) Now() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.now
}

// Pass advances the clock.
func (l *Ledger) Pass(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.now = l.now.Add(d)
}

// Append adds events to a stream as its owner, and advances the clock by a second.
func (l *Ledger) Append(stream string, events ...any) journal.Committed {
	l.Helper()
	return l.AppendAs(domain.Metadata{}, stream, events...)
}

// AppendAs adds events with this metadata, filling in what is missing.
func (l *Ledger) AppendAs(m domain.Metadata, stream string, events ...any) journal.Committed {
	l.Helper()
	m.At = l.Now()
	if m.Actor.Kind == "" {
		m.Actor = domain.Actor{Kind: domain.ActorSystem}
		if id, ok := strings.CutPrefix(stream, "account-"); ok {
			m.Subject = domain.AccountID{UUID: uuid.MustParse(id)}
			m.Actor = domain.Actor{Kind: domain.ActorPerson, ID: domain.ID[any]{UUID: m.Subject.UUID}}
		}
	}
	if m.Channel == "" {
		m.Channel = domain.ChannelAPI
	}
	head, ok := l.heads[stream]
	if !ok {
		head = journal.NoStream(stream)
	}
	entries := make([]journal.Entry, len(events))
	for i, e := range events {
		entries[i] = journal.Entry{ID: domain.EventID{UUID: uuid.New()}, Metadata: m, Event: e}
	}
	done, err := l.Journal.Append(context.WithoutCancel(l.Context()), head, entries...)
	must(l, err)
	l.heads[stream] = done.Head
	l.Pass(time.Second)
	return done
}

// Head is the end of the log.
func (l *Ledger) Head() journal.Checkpoint {
	l.Helper()
	head, err := l.Journal.Head(context.WithoutCancel(l.Context()))
	must(l, err)
	return head
}
