package server_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/go-json-experiment/json"

	"accountledger/internal/await"
	"accountledger/operate"
	"accountledger/passwords"
	"accountledger/server"
)

func fatal(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// config is a configuration for a new data folder, with a free port, a mailbox, and erasures at once.
func config(t *testing.T) server.Config {
	t.Helper()
	cfg, err := server.LoadConfig("", map[string]any{"data": filepath.Join(t.TempDir(), "data"), "http": "127.0.0.1:0", "dev": true,
		"erasure.grace": "0s", "store.reserve": "-1", "log.level": "debug", "abuse.sign_ups_hour": 0, "abuse.sign_ups_day": 0,
		"abuse.changes_minute": 0, "abuse.sign_ins_hour": 0})
	fatal(t, err)
	return cfg
}

// logs gathers what a server logs.
type logs struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// running is a server at work.
type running struct {
	t        *testing.T
	cfg      server.Config
	url      string
	internal string // address of the internal listener
	logs     *logs
	stop     func()
}

// cheap hashes passwords quickly: what is tested here is not how dear a guess is.
func cheap() passwords.Params { return passwords.Params{MemoryKiB: 64, Passes: 1, Lanes: 1} }

// start runs the real server on a free port until the test ends or stop is called.
func start(t *testing.T, cfg server.Config) *running {
	t.Helper()
	return startWith(t, cfg, server.Options{})
}

// startWith is start with a clock of the test's.
func startWith(t *testing.T, cfg server.Config, o server.Options) *running {
	t.Helper()
	r := &running{t: t, cfg: cfg, logs: &logs{}}
	o.LogTo, o.Hashing = r.logs, cheap()
	s, err := server.Open(t.Context(), cfg, o)
	fatal(t, err)
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	address, ended := make(chan string, 1), make(chan error, 1)
	go func() { ended <- s.Run(ctx, func(a string) { address <- a }) }()
	select {
	case a := <-address:
		r.url, r.internal = "http://"+a, "http://"+s.Internal()
	case err := <-ended:
		cancel()
		t.Fatalf("the server did not start: %v", err)
	}
	r.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the server stopped with: %v", err)
		}
		if err := s.Close(); err != nil {
			t.Errorf("the server closed with: %v", err)
		}
	})
	t.Cleanup(r.stop)
	return r
}

// console is the operator's, through the socket.
func (r *running) console() operate.Console {
	r.t.Helper()
	c, err := server.OpenConsole(r.t.Context(), r.cfg)
	fatal(r.t, err)
	r.t.Cleanup(func() { _ = c.Close() })
	return c
}

// answer is what a request got.
type answer struct {
	status int
	header http.Header
	body   string
	fields map[string]any
}

func (a answer) str(t *testing.T, name string) string {
	t.Helper()
	s, ok := a.fields[name].(string)
	if !ok {
		t.Fatalf("the answer has no %s: %d %s", name, a.status, a.body)
	}
	return s
}

// send makes a request; header are pairs of names and values.
func (r *running) send(method, path, token, body string, header ...string) answer {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), method, r.url+path, strings.NewReader(body))
	fatal(r.t, err)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	fatal(r.t, err)
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	fatal(r.t, err)
	a := answer{status: resp.StatusCode, header: resp.Header, body: string(b)}
	_ = json.Unmarshal(b, &a.fields)
	return a
}

// want makes a request that must get a status.
func (r *running) want(status int, method, path, token, body string, header ...string) answer {
	r.t.Helper()
	a := r.send(method, path, token, body, header...)
	if a.status != status {
		r.t.Fatalf("%s %s: %d, wanted %d: %s", method, path, a.status, status, a.body)
	}
	return a
}

// inside asks the internal listener for what must be there.
func (r *running) inside(status int, path string) answer {
	r.t.Helper()
	other := *r
	other.url = r.internal
	return other.want(status, "GET", path, "", "")
}

// eventually waits for something that happens by itself.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	await.Until(t, what, done)
}

// rebuild rebuilds views.
func rebuild(t *testing.T, c operate.Console, in operate.RebuildViews, progress func(operate.Progress)) error {
	t.Helper()
	_, err := operate.Rebuild.Run(t.Context(), c, in, progress)
	return err
}
