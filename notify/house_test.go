package notify_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"accountledger/commands"
	"accountledger/consumers"
	"accountledger/consumers/effects"
	"accountledger/domain"
	"accountledger/eventstore/embedded"
	"accountledger/internal/await"
	"accountledger/journal"
	"accountledger/notify"
	"accountledger/notify/mailbox"
	"accountledger/notify/templates"
	"accountledger/passwords"
	"accountledger/vault"
	vaultsqlite "accountledger/vault/sqlite"
)

// patience bounds how long a test waits for what must happen; it is never waited out when all is well.
const patience = await.Patience

// clock is the time of a test; waiting moves it.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// buffer is a log that can be read while it is written.
type buffer struct {
	mu   sync.Mutex
	all  bytes.Buffer
	more chan struct{}
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	select {
	case b.more <- struct{}{}:
	default:
	}
	return b.all.Write(p)
}

// wait waits until the log says something.
func (h *house) wait(said string) {
	h.Helper()
	for !strings.Contains(h.log.String(), said) {
		select {
		case <-h.log.more:
		case <-time.After(patience):
			h.Fatalf("the log does not say %q", said)
		}
	}
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.all.String()
}

// house is a real ledger: log, vault and commands.
type house struct {
	*testing.T
	dir     string
	clock   *clock
	journal *journal.Journal
	menu    *commands.Menu
	log     *buffer
	results chan string
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{T: t, dir: t.TempDir(), clock: &clock{now: time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)}, log: &buffer{more: make(chan struct{}, 1)},
		results: make(chan string, 1000)}
	store, err := embedded.Open(embedded.Options{Dir: filepath.Join(h.dir, "log"), ReserveBytes: -1})
	h.ok(err)
	t.Cleanup(func() { _ = store.Close() })
	master, err := vault.NewMasterKey()
	h.ok(err)
	keys, err := vaultsqlite.Open(t.Context(), filepath.Join(h.dir, "vault"), master, vaultsqlite.Options{})
	h.ok(err)
	t.Cleanup(func() { _ = keys.Close() })
	registry, err := journal.NewRegistry(journal.Types(), journal.Upcasters(), journal.PartUpcasters())
	h.ok(err)
	h.journal = journal.New(store, registry, keys)
	checker, err := passwords.NewChecker(passwords.Policy{})
	h.ok(err)
	hasher, err := passwords.NewHasher(passwords.Options{Params: passwords.Params{MemoryKiB: 64, Passes: 1, Lanes: 1}})
	h.ok(err)
	config := commands.DefaultConfig()
	config.Grace = 0
	h.menu, err = commands.New(t.Context(), commands.Deps{Journal: h.journal, Vault: keys, Checker: checker, Hasher: hasher,
		Now: h.clock.Now, Config: config, Log: slog.New(slog.NewJSONHandler(h.log, nil))})
	h.ok(err)
	t.Cleanup(func() { // whatever a test did, the log tells of nobody
		if t.Failed() {
			t.Log(h.log.String())
		}
		for _, personal := range []string{"canary", "example", "@"} {
			if strings.Contains(strings.ToLower(h.log.String()), personal) {
				t.Errorf("%q stands in the log:\n%s", personal, h.log.String())
			}
		}
	})
	return h
}

func (h *house) ok(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

func (h *house) mailbox() *mailbox.Mailbox {
	h.Helper()
	b, err := mailbox.Open(filepath.Join(h.dir, "mailbox"))
	h.ok(err)
	return b
}

// open opens a notifier; change, if not nil, changes its options first.
func (h *house) open(c notify.Transport, change func(*notify.Options)) *effects.Runtime {
	h.Helper()
	texts, err := templates.New(templates.About{Service: "Vesta"})
	h.ok(err)
	o := notify.Options{Journal: h.journal, Message: h.menu.Message, Alerts: h.menu.Alerts, Record: h.menu.RecordDelivery, Transport: c, Texts: texts,
		Path: filepath.Join(h.dir, "notify.checkpoint"),
		Log:  slog.New(slog.NewJSONHandler(h.log, nil)), Now: h.clock.Now, SaveEvery: time.Millisecond,
		Wait: func(ctx context.Context, d time.Duration) error {
			h.clock.add(d)
			return ctx.Err()
		},
		Observe: func(c domain.MessageClass, r notify.Result) { h.results <- fmt.Sprintf("%s %s", c, r) }}
	if change != nil {
		change(&o)
	}
	n, err := notify.Open(h.Context(), o)
	h.ok(err)
	return n
}

// run runs a notifier; what it gives stops it, gracefully or within the context given.
func (h *house) run(n *effects.Runtime) (stop func(context.Context)) {
	h.Helper()
	r, err := consumers.New(consumers.Options{Journal: h.journal, Log: slog.New(slog.NewJSONHandler(h.log, nil)), Now: h.clock.Now, Pause: time.Millisecond},
		n.Consumer())
	h.ok(err)
	ended := make(chan error, 1)
	go func() { ended <- r.Run(context.Background()) }()
	var once sync.Once
	stop = func(ctx context.Context) {
		once.Do(func() {
			if err := errors.Join(r.Close(), <-ended, n.Close(ctx)); err != nil {
				h.Error(err)
			}
		})
	}
	h.Cleanup(func() { stop(context.Background()) })
	return stop
}

// start opens and runs a notifier.
func (h *house) start(c notify.Transport, change func(*notify.Options)) (stop func(context.Context)) {
	h.Helper()
	return h.run(h.open(c, change))
}

// expect waits for the results, in this order.
func (h *house) expect(results ...string) {
	h.Helper()
	for _, want := range results {
		select {
		case got := <-h.results:
			if got != want {
				h.Fatalf("result %q, want %q\n%s", got, want, h.log.String())
			}
		case <-time.After(patience):
			h.Fatalf("no result %q\n%s", want, h.log.String())
		}
	}
}

func guest(operation string) commands.Request {
	return commands.Request{Caller: domain.Guest(), Channel: domain.ChannelAPI, Operation: operation, Client: domain.ClientInfo{Address: "192.0.2.1"}}
}

func (h *house) signUp(email string, language domain.Language) commands.SignedUp {
	h.Helper()
	a, err := h.menu.SignUp(h.Context(), guest("signUp"), signUpOf(email, language))
	h.ok(err)
	return a.Value
}

func signUpOf(email string, language domain.Language) commands.SignUp {
	return commands.SignUp{Email: email, Password: passwords.New("a wholly unlikely pass phrase"), Region: "DE", Language: language, BirthMonth: "1990-05"}
}

func (h *house) check(s commands.SignedUp, code string) domain.AccountID {
	h.Helper()
	a, err := h.menu.CheckCode(h.Context(), guest("checkCode"), commands.CheckCode{Verification: s.Verification, Handle: s.Handle, Code: code})
	h.ok(err)
	return a.Value.Account
}

// all reads the log.
func (h *house) all() (out []journal.Record) {
	h.Helper()
	var at journal.Checkpoint
	for {
		page, err := h.journal.ReadAll(h.Context(), at, 500)
		h.ok(err)
		if len(page.Records) == 0 {
			return out
		}
		out, at = append(out, page.Records...), page.Checkpoint
	}
}

// deliveries tells the events of each delivery in short, in the order in which they were begun.
func (h *house) deliveries() (out []string) {
	h.Helper()
	at := map[string]int{}
	for _, r := range h.all() {
		var said string
		switch e := r.Event.(type) {
		case domain.DeliveryAdmitted:
			said = string(e.Class)
		case domain.DeliveryAttempted:
			said = fmt.Sprint(e.Attempt)
		case domain.DeliverySucceeded:
			said = "succeeded"
		case domain.DeliveryFailed:
			said = string(e.Failure)
		default:
			continue
		}
		if i, ok := at[r.Stream]; ok {
			out[i] += ", " + said
		} else {
			at[r.Stream] = len(out)
			out = append(out, said)
		}
	}
	return out
}

func (h *house) wantDeliveries(want ...string) {
	h.Helper()
	if got := h.deliveries(); strings.Join(got, "\n") != strings.Join(want, "\n") {
		h.Errorf("deliveries:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
