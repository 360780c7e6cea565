package api_test

import (
	"bytes"
	"context"
	"io"
	"iter"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"accountledger/api"
	"accountledger/commands"
	"accountledger/domain"
	"accountledger/eventstore"
	"accountledger/eventstore/embedded"
	"accountledger/journal"
	"accountledger/passwords"
	"accountledger/vault"
	vaultsqlite "accountledger/vault/sqlite"
)

const (
	password = "correct-walrus-battery-41"
	version  = "test"
)

// ledger is the API over real commands, log, vault and views, on a clock that tests move.
type ledger struct {
	t      testing.TB
	api    *api.API
	server *httptest.Server // nil: requests go to the handler without a connection
	menu   *commands.Menu
	deps   commands.Deps
	head   func(context.Context) (journal.Position, error)
	views  *foldingViews
	store  *failingStore
	clock  *clock
	logs   *buffer
	ready  atomic.Bool

	registry *prometheus.Registry
	document *document
}

// clock begins at noon, so that days and hours of a test are known, and moves on by a millisecond whenever it is read.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(time.Millisecond)
	return c.at
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// round moves the clock to the next whole second.
func (c *clock) round() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Truncate(time.Second).Add(time.Second)
}

// buffer is a log that tests read while others write.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// failingStore is the real log; appends to streams that begin with a prefix fail while one is set, and reads of them panic.
type failingStore struct {
	eventstore.Store
	refuse, panics atomic.Pointer[string]
}

func (s *failingStore) ReadStream(ctx context.Context, stream string, d eventstore.Direction, from int64) iter.Seq2[eventstore.Recorded, error] {
	if p := s.panics.Load(); p != nil && strings.HasPrefix(stream, *p) {
		panic("something " + canary)
	}
	return s.Store.ReadStream(ctx, stream, d, from)
}

func (s *failingStore) Append(ctx context.Context, stream string, expected int64, events ...eventstore.Event) (eventstore.Appended, error) {
	if p := s.refuse.Load(); p != nil && strings.HasPrefix(stream, *p) {
		return eventstore.Appended{}, eventstore.ErrUnavailable
	}
	return s.Store.Append(ctx, stream, expected, events...)
}

func must[T any](t testing.TB, v T, err error) T {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func newLedger(t testing.TB) *ledger {
	t.Helper()
	l := newLedgerOver(t, func(s eventstore.Store) eventstore.Store { return s }, func(v vault.Vault) vault.Vault { return v })
	l.server = httptest.NewServer(l.api.Handler())
	t.Cleanup(l.server.Close)
	return l
}

// newLedgerThat is a ledger whose operator has set something.
func newLedgerThat(t testing.TB, set func(*commands.Config)) *ledger {
	t.Helper()
	l := newLedger(t)
	set(&l.deps.Config)
	l.server.Close()
	l.begin()
	l.server = httptest.NewServer(l.api.Handler())
	t.Cleanup(l.server.Close)
	return l
}

// newLedgerOver is a ledger that listens nowhere, over the real log and vault as the tests want them seen. Views read the
// log itself.
func newLedgerOver(t testing.TB, log func(eventstore.Store) eventstore.Store, keys func(vault.Vault) vault.Vault) *ledger {
	t.Helper()
	ctx := t.Context()
	l := &ledger{t: t, clock: &clock{at: time.Date(2026, 3, 9, 12, 0, 0, 0, time.UTC)}, logs: &buffer{}}
	l.ready.Store(true)
	plain, err := embedded.Open(embedded.Options{Dir: t.TempDir(), ReserveBytes: -1})
	must(t, plain, err)
	t.Cleanup(func() { _ = plain.Close() })
	l.store = &failingStore{Store: plain}
	master, err := vault.NewMasterKey()
	must(t, master, err)
	opened, err := vaultsqlite.Open(ctx, t.TempDir(), master, vaultsqlite.Options{})
	must(t, opened, err)
	t.Cleanup(func() { _ = opened.Close() })
	v := keys(opened)
	registry, err := journal.NewRegistry(journal.Types(), journal.Upcasters(), journal.PartUpcasters())
	must(t, registry, err)
	j := journal.New(log(l.store), registry, v)
	checker, err := passwords.NewChecker(passwords.Policy{})
	must(t, checker, err)
	hasher, err := passwords.NewHasher(passwords.Options{Params: passwords.Params{MemoryKiB: 8, Passes: 1, Lanes: 1}, Queue: 1 << 10})
	must(t, hasher, err)
	config := commands.DefaultConfig()
	config.Limits.Changes.Burst = 1000 // some tests repeat one very often
	l.deps = commands.Deps{Journal: j, Vault: v, Checker: checker, Hasher: hasher, Now: l.clock.now, Config: config, Log: slog.New(slog.DiscardHandler),
		Origin: func() string { return thePage.Origin }}
	l.views = newFoldingViews(t, journal.New(l.store, registry, opened))
	l.head = func(ctx context.Context) (journal.Position, error) {
		c, err := j.Head(ctx)
		return c.Position, err
	}
	l.begin()
	return l
}

// begin makes commands and API as a process does that starts over what log and vault hold.
func (l *ledger) begin() {
	l.t.Helper()
	var err error
	l.menu, err = commands.New(l.t.Context(), l.deps)
	must(l.t, l.menu, err)
	l.system(commands.Request{})
	l.registry = prometheus.NewRegistry()
	l.api, err = api.New(api.Deps{Menu: l.menu, Views: l.views, Head: l.head, Ready: func(context.Context) bool { return l.ready.Load() },
		Log: slog.New(slog.NewJSONHandler(l.logs, nil)), Registry: l.registry, Now: l.clock.now, Wait: 200 * time.Millisecond, Version: version, LogID: uuid.New()})
	must(l.t, l.api, err)
}

// metrics is what a scrape of the API's own metrics shows.
func (l *ledger) metrics() string {
	l.t.Helper()
	w := httptest.NewRecorder()
	promhttp.HandlerFor(l.registry, promhttp.HandlerOpts{}).ServeHTTP(w, httptest.NewRequest("GET", "/metrics", http.NoBody))
	return w.Body.String()
}

// system publishes the notices of the catalogue, as the server does at its start.
func (l *ledger) system(r commands.Request) {
	l.t.Helper()
	r.Caller, r.Channel, r.Operation = domain.System(), domain.ChannelProcess, "publishNotices"
	_, err := l.menu.PublishNotices(l.t.Context(), r, struct{}{})
	must(l.t, 0, err)
}

// reply is an answer that was read.
type reply struct {
	*http.Response
	text string
}

func (r reply) get(t testing.TB, pointer ...any) any {
	t.Helper()
	var v any
	must(t, 0, json.Unmarshal([]byte(r.text), &v))
	for _, p := range pointer {
		switch at := p.(type) {
		case string:
			m, _ := v.(map[string]any)
			v = m[at]
		case int:
			s, _ := v.([]any)
			if at >= len(s) {
				t.Fatalf("no element %d in %s", at, r.text)
			}
			v = s[at]
		}
	}
	return v
}

func (r reply) str(t testing.TB, pointer ...any) string {
	t.Helper()
	s, ok := r.get(t, pointer...).(string)
	if !ok {
		t.Fatalf("no string at %v in %d %s", pointer, r.StatusCode, r.text)
	}
	return s
}

// header is a header to send: name, value.
type header [2]string

// send sends a request. A body is sent as JSON unless a header says otherwise.
func (l *ledger) send(method, path, token, body string, headers ...header) reply {
	l.t.Helper()
	var in io.Reader
	if body != "" {
		in = strings.NewReader(body)
	}
	r, err := http.NewRequestWithContext(l.t.Context(), method, l.url()+path, in)
	must(l.t, 0, err)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for _, h := range headers {
		r.Header.Set(h[0], h[1])
	}
	out, err := l.client().Do(r)
	must(l.t, 0, err)
	defer func() { _ = out.Body.Close() }()
	text, err := io.ReadAll(out.Body)
	must(l.t, 0, err)
	l.announced().check(l.t, method, path, reply{out, string(text)})
	return reply{out, string(text)}
}

// announced is what the API says of itself.
func (l *ledger) announced() *document {
	l.t.Helper()
	if l.document == nil {
		w := httptest.NewRecorder()
		l.api.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/openapi.json", http.NoBody))
		l.document = readDocument(l.t, w.Body.Bytes())
	}
	return l.document
}

func (l *ledger) url() string {
	if l.server == nil {
		return "http://ledger.test"
	}
	return l.server.URL
}

func (l *ledger) client() *http.Client {
	if l.server == nil {
		return &http.Client{Transport: direct{l.api.Handler()}}
	}
	return l.server.Client()
}

// direct hands requests to a handler without a connection.
type direct struct{ http.Handler }

func (d direct) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body == nil {
		r.Body = http.NoBody
	}
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	return w.Result(), nil
}

// want sends and fails the test unless the status is the one expected.
func (l *ledger) want(status int, method, path, token, body string, headers ...header) reply {
	l.t.Helper()
	r := l.send(method, path, token, body, headers...)
	if r.StatusCode != status {
		l.t.Fatalf("%s %s: %d instead of %d: %s\n%s", method, path, r.StatusCode, status, r.text, l.logs)
	}
	return r
}
