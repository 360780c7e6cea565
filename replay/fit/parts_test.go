package fit_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"accountledger/domain"
	"accountledger/eventstore"
	"accountledger/eventstore/embedded"
	"accountledger/journal"
	"accountledger/replay/audit"
	"accountledger/replay/fit"
	"accountledger/vault"
	"accountledger/vault/sqlite"
)

func fatal(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// ledger is a log and a vault in folders, which can be closed, copied and opened again.
type ledger struct {
	*testing.T
	log, keys string
	master    *vault.MasterKey
	parts     *fit.Parts
	close     func()
}

func newLedger(t *testing.T) *ledger {
	t.Helper()
	master, err := vault.NewMasterKey()
	fatal(t, err)
	l := &ledger{T: t, log: filepath.Join(t.TempDir(), "log"), keys: filepath.Join(t.TempDir(), "vault"), master: master}
	l.open()
	return l
}

func (l *ledger) open() {
	l.Helper()
	store, err := embedded.Open(embedded.Options{Dir: l.log, ReserveBytes: -1})
	fatal(l.T, err)
	keys, err := sqlite.Open(l.Context(), l.keys, l.master, sqlite.Options{})
	fatal(l.T, err)
	registry, err := journal.NewRegistry(journal.Types(), journal.Upcasters(), journal.PartUpcasters())
	fatal(l.T, err)
	l.parts = &fit.Parts{Log: store, Journal: journal.New(store, registry, keys), Vault: keys, Binder: keys, Bound: &vault.Binding{}}
	closed := false
	l.close = func() {
		if !closed {
			closed = true
			if err := errors.Join(store.Close(), keys.Close()); err != nil {
				l.Error(err)
			}
		}
	}
	l.Cleanup(l.close)
}

// skip appends an event with a part under a key of its own.
func (l *ledger) skip(name string) {
	l.Helper()
	_, err := l.parts.Journal.Append(context.WithoutCancel(l.Context()), journal.NoStream(domain.StaffStream(domain.StaffID{UUID: uuid.New()})),
		journal.Entry{ID: domain.EventID{UUID: uuid.New()}, Metadata: domain.Metadata{At: time.Now(),
			Actor: domain.Operator(1000).Actor, Channel: domain.ChannelConsole},
			Event: domain.StaffAdded{CodeHash: domain.HashHandle("code"), Expires: time.Now(),
				Officer: domain.Personal(domain.OfficerInfo{Name: "Grace"}, name)}})
	fatal(l.T, err)
}

// check opens the parts again, as a start does, and compares them.
func (l *ledger) check() error {
	l.Helper()
	l.close()
	l.open()
	_, err := l.parts.Check(l.Context())
	return err
}

func (l *ledger) bind() {
	l.Helper()
	fatal(l.T, l.parts.Bind(l.Context()))
}

// copyOf is a copy of a folder of a ledger that is closed.
func (l *ledger) copyOf(dir string) string {
	l.Helper()
	l.close()
	to := filepath.Join(l.TempDir(), "copy")
	fatal(l.T, os.CopyFS(to, os.DirFS(dir)))
	l.open()
	return to
}

func wantRefused(t *testing.T, err error, accept fit.Acceptable, says string) {
	t.Helper()
	var refused *fit.RefusedError
	if !errors.As(err, &refused) || refused.Accept != accept || !strings.Contains(refused.What, says) || refused.Next == "" {
		t.Errorf("%v, want %q with %q", err, says, accept)
	}
}

// TestPartsThatFit: a new ledger is bound, and whatever is written later fits, bound or not.
func TestPartsThatFit(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	fatal(t, l.check())
	for _, name := range []string{"staff/1", "staff/2"} {
		l.skip(name)
		fatal(t, l.check())
		l.bind()
		fatal(t, l.check())
	}
	if missing, err := l.parts.Keys(t.Context()); missing || err != nil {
		t.Errorf("a key is missing: %v", err)
	}
	if events, err := fit.HasEvents(t.Context(), l.parts.Log); !events || err != nil {
		t.Error(events, err)
	}
}

// TestPartsThatDoNotFit are refused by name, with what can be accepted.
func TestPartsThatDoNotFit(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spoil  func(*ledger)
		accept fit.Acceptable
		says   string
	}{
		"an older log": {func(l *ledger) {
			older := l.copyOf(l.log)
			l.skip("staff/2")
			l.bind()
			l.close()
			l.log = older
		}, fit.AcceptOlderLog, "the log is older than its vault"},
		"an older vault": {func(l *ledger) {
			older := l.copyOf(l.keys)
			l.skip("staff/2")
			l.close()
			l.keys = older
		}, fit.AcceptOlderVault, "the vault is older than its log"},
		"another log": {func(l *ledger) {
			other := newLedger(l.T)
			other.skip("staff/1")
			other.close()
			l.close()
			l.log = other.log
		}, "", "the vault belongs to log"},
		"an empty vault": {func(l *ledger) {
			l.close()
			l.keys = filepath.Join(l.TempDir(), "empty")
		}, "", "the vault never belonged to log"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLedger(t)
			fatal(t, l.check())
			l.skip("staff/1")
			l.bind()
			c.spoil(l)
			wantRefused(t, l.check(), c.accept, c.says)
		})
	}
}

// TestConsumersThatDoNotFit: one at a place that the log does not have is refused, one of a log that this one continues is not.
func TestConsumersThatDoNotFit(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	l.skip("staff/1")
	head, err := l.parts.Log.Head(t.Context())
	fatal(t, err)
	before := uuid.New()
	fatal(t, l.parts.BindAfter(t.Context(), before))
	ahead, another, continued, unreachable := head, head, head, errors.New("away")
	ahead.Position, ahead.Event = eventstore.NewPosition(head.Position.Commit()+100, head.Position.Prepare()+100), uuid.New()
	another.Log, continued.Log = uuid.New(), before
	ask := func(at eventstore.Checkpoint, err error) error {
		return l.parts.Consumers(t.Context(), []audit.Consumer{{Name: "notify", At: func(context.Context) (eventstore.Checkpoint, error) { return at, err }}})
	}
	for _, at := range []eventstore.Checkpoint{head, {}, continued} {
		if err := ask(at, nil); err != nil {
			t.Errorf("%v: %v", at, err)
		}
	}
	fatal(t, ask(eventstore.Checkpoint{}, unreachable)) // its own state tells of it
	wantRefused(t, ask(ahead, nil), fit.AcceptOlderLog, "the log is older than notify")
	wantRefused(t, ask(another, nil), "", "notify belongs to log")
}

// TestRefusals: what is accepted stands in the text, and nothing else is.
func TestRefusals(t *testing.T) {
	t.Parallel()
	corrupt := &eventstore.CorruptError{Missing: 3, By: "the witness"}
	for _, c := range []struct {
		err    error
		accept fit.Acceptable
	}{
		{fit.Log(corrupt), fit.AcceptOlderLog},
		{fit.Log(&eventstore.CorruptError{}), ""},
		{fit.Log(&eventstore.NoLogIDError{}), fit.AcceptLogID},
		{fit.Vault(&vault.BehindError{}), fit.AcceptOlderVault},
		{fit.Vault(vault.ErrCorrupt), ""},
		{fit.Vault(vault.ErrMasterKey), ""},
	} {
		var refused *fit.RefusedError
		if !errors.As(c.err, &refused) || refused.Accept != c.accept {
			t.Errorf("%v", c.err)
			continue
		}
		text := refused.Text("ledger serve")
		if offered := strings.Contains(text, "--accept "+string(c.accept)); offered != (c.accept != "") || offered && !strings.Contains(text, "ledger serve") {
			t.Error(text)
		}
		if again := fit.Vault(c.err); !errors.Is(again, c.err) {
			t.Errorf("refused twice: %v", again)
		}
	}
	plain := errors.New("away")
	if fit.Log(plain) != plain || fit.Vault(plain) != plain || fit.Log(nil) != nil || fit.Vault(nil) != nil { //nolint:errorlint // as it is
		t.Error("another error is not left as it is")
	}
	kinds := []fit.Acceptable{"", fit.AcceptOlderLog, fit.AcceptOlderVault, fit.AcceptLogID}
	for _, kind := range append(slices.Clone(kinds), "anything") {
		if err := (fit.Accept{Kind: kind}).Validate(); errors.Is(err, fit.ErrAcceptKind) == slices.Contains(kinds, kind) {
			t.Errorf("%q: %v", kind, err)
		}
	}
}
