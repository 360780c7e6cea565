package security_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"accountledger/api/security"
	"accountledger/commands"
	"accountledger/domain"
)

// book is a security log and what it wrote.
type book struct {
	*security.Log
	t        *testing.T
	registry *prometheus.Registry
	asked    int   // how often the vault was asked for a key
	failing  error // what it answers

	mu sync.Mutex
	b  bytes.Buffer
}

func (b *book) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func newBook(t *testing.T) *book {
	t.Helper()
	b := &book{t: t, registry: prometheus.NewRegistry()}
	// The stand-in shows what it was given, so that the tests see what would be hashed.
	of := func(_ context.Context, day domain.Day) (commands.Pseudonyms, error) {
		b.asked++
		return func(use string, values ...string) string {
			return fmt.Sprint(day, "|", use, "|", strings.Join(values, "|"))
		}, b.failing
	}
	var err error
	b.Log, err = security.New(security.Options{Log: slog.New(slog.NewJSONHandler(b, nil)), PseudonymsOf: of, Now: time.Now, Registry: b.registry})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// lines gives what was written with a message.
func (b *book) lines(message string) (out []map[string]any) {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for line := range strings.Lines(b.b.String()) {
		var v map[string]any
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			b.t.Fatal(err)
		}
		if v["msg"] == message {
			out = append(out, v)
		}
	}
	return out
}

func guest(address string) security.Refusal {
	return security.Refusal{Event: security.SignInFailed, Reason: "wrong_credentials", Status: 401, Caller: domain.Guest(), Address: address}
}

func officer() domain.Caller {
	return domain.Caller{Actor: domain.Actor{Kind: domain.ActorStaff, ID: domain.ID[any]{UUID: uuid.New()}}}
}

// A flood from one network leaves room for others, one from many networks for other events and other kinds of callers; what is left
// out is counted.
func TestFlood(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBook(t)
		for range 1000 {
			b.Refused(t.Context(), guest("192.0.2.1"))
		}
		if n := len(b.lines("security")); n != security.LinesFromNetwork {
			t.Errorf("%d lines from one network", n)
		}
		for i := range 1000 {
			b.Refused(t.Context(), guest(fmt.Sprintf("10.%d.%d.1", i/256, i%256)))
		}
		if n := len(b.lines("security")); n != security.LinesInWindow {
			t.Errorf("%d lines from all networks", n)
		}
		r := guest("192.0.2.1")
		r.Caller = officer()
		b.Refused(t.Context(), r)
		r.Caller, r.Event = domain.Guest(), security.RateLimited
		b.Refused(t.Context(), r)
		if n := len(b.lines("security")); n != security.LinesInWindow+2 {
			t.Errorf("%d lines with those of others", n)
		}
		if n := len(b.lines("security lines left out")); n != 0 {
			t.Errorf("%d sums before the window ended", n)
		}
		time.Sleep(security.Window)
		synctest.Wait()
		sums := b.lines("security lines left out")
		if len(sums) != 1 || sums[0]["event"] != "sign_in_failed" || sums[0]["caller_kind"] != "guest" || sums[0]["count"] != float64(2000-security.LinesInWindow) {
			t.Errorf("%v", sums)
		}
		b.Refused(t.Context(), guest("192.0.2.1"))
		if n := len(b.lines("security")); n != security.LinesInWindow+3 {
			t.Errorf("%d lines with one of the next window", n)
		}
		w := httptest.NewRecorder()
		promhttp.HandlerFor(b.registry, promhttp.HandlerOpts{}).ServeHTTP(w, httptest.NewRequest("GET", "/metrics", http.NoBody))
		for event, n := range map[security.Event]int{security.SignInFailed: 2002, security.RateLimited: 1, security.TokenMissing: 0} {
			if want := fmt.Sprintf("accountledger_security_events_total{event=%q} %d\n", event, n); !strings.Contains(w.Body.String(), want) {
				t.Errorf("no %s in %s", want, w.Body)
			}
		}
		if b.asked != 1 {
			t.Errorf("the vault was asked %d times", b.asked)
		}
	})
}

// The key is asked for again after an hour and on the next day.
func TestKeyIsNotKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBook(t)
		b.Refused(t.Context(), guest("192.0.2.1"))
		time.Sleep(59 * time.Minute)
		b.Refused(t.Context(), guest("192.0.2.1"))
		time.Sleep(time.Minute)
		synctest.Wait()
		b.Refused(t.Context(), guest("192.0.2.1"))
		if b.asked != 2 {
			t.Errorf("asked %d times in an hour", b.asked)
		}
		time.Sleep(24 * time.Hour)
		b.Refused(t.Context(), guest("192.0.2.1"))
		lines := b.lines("security")
		if b.asked != 3 || lines[0]["network"] != lines[1]["network"] || lines[0]["network"] == lines[3]["network"] {
			t.Errorf("asked %d times: %v", b.asked, lines)
		}
	})
}

// Without a key lines are written without pseudonyms, and the vault is left alone for a while.
func TestNoKey(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBook(t)
		b.failing = errors.New("no vault")
		for range 3 {
			b.Refused(t.Context(), guest("192.0.2.1"))
		}
		time.Sleep(10 * time.Second)
		synctest.Wait()
		b.failing = nil
		b.Refused(t.Context(), guest("192.0.2.1"))
		lines := b.lines("security")
		if b.asked != 2 || len(lines) != 4 || lines[0]["network"] != "unknown" || lines[3]["network"] == "unknown" {
			t.Errorf("asked %d times: %v", b.asked, lines)
		}
	})
}

func TestNetwork(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"192.0.2.77": "192.0.2.0/24", "::ffff:192.0.2.77": "192.0.2.0/24", "2001:db8:1:2ff:3::4": "2001:db8:1:200::/56", "fe80::1%eth0": "fe80::/56",
		"": "", "somewhere": "",
	} {
		b := newBook(t)
		b.Refused(t.Context(), guest(address))
		got := b.lines("security")[0]["network"]
		if want == "" && got != "unknown" || want != "" && !strings.HasSuffix(fmt.Sprint(got), "|network|"+want) {
			t.Errorf("%q: %v instead of %q", address, got, want)
		}
	}
}

func TestTargetPrintsAsPersonal(t *testing.T) {
	t.Parallel()
	id := security.PathID("secret")
	var b bytes.Buffer
	slog.New(slog.NewTextHandler(&b, nil)).Info("", "target", id)
	if text := fmt.Sprintf("%v %+v %#v %s", id, id, id, b.String()); strings.Contains(text, "secret") {
		t.Error(text)
	}
}
