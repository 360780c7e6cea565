package processes_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/journal"
	"accountledger/leases"
	"accountledger/processes"
	"accountledger/vault"
)

const (
	day  = 24 * time.Hour
	year = 365 * day
	// hours are fewer than the bound, and more than the log is left without a note.
	hours = 7 * time.Hour
)

// confirm confirms the clock as an operator who says what time it is.
func (l *ledger) confirm(says time.Time) error {
	_, err := l.menu.ConfirmClock(l.t.Context(), l.as(domain.Operator(7)), commands.ConfirmClock{From: says.Add(-time.Minute), Until: says.Add(time.Minute)})
	return err
}

// told is what a process logs.
type told struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (t *told) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.b.Write(b)
}

func (t *told) count(s string) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.Count(t.b.String(), s)
}

// watched is processes that look at the clock all the time.
type watched struct {
	*running
	told *told
}

// watch starts processes over the ledger's own list.
func (l *ledger) watch(server leases.Server) *watched {
	l.t.Helper()
	k := leases.New(server, leases.Options{TTL: 500 * time.Millisecond})
	out := &told{}
	p, err := processes.Open(l.t.Context(), processes.Deps{Journal: l.journal, Menu: l.menu, Now: l.clock.Now, Monotonic: l.clock.Monotonic,
		Log: slog.New(slog.NewTextHandler(out, nil)), Path: l.path, Leases: k, Tell: 10 * time.Millisecond})
	fatal(l.t, err)
	ctx, cancel := context.WithCancel(l.t.Context())
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	w := &watched{running: &running{l: l, p: p}, told: out}
	w.stop = sync.OnceFunc(func() {
		cancel()
		fatal(l.t, <-ended)
		fatal(l.t, p.Close())
		fatal(l.t, k.Close())
	})
	l.t.Cleanup(w.stop)
	w.follow()
	return w
}

func (w *watched) waits(want bool) {
	w.l.t.Helper()
	w.until("the wait's beginning or end", func() bool { return w.p.Clock().Waits == want })
}

// settles waits until whatever is no matter of time was settled: a proven sign-up that a crash cut off is completed.
func (w *watched) settles() {
	w.l.t.Helper()
	up, _ := w.l.signUp(uuid.NewString() + "@example.com")
	_, err := w.l.journal.Append(w.l.t.Context(), journal.NoStream(domain.VerificationStream(up.Verification)), journal.Entry{
		ID:       domain.EventID{UUID: uuid.New()},
		Metadata: domain.Metadata{At: w.l.clock.Now(), Actor: domain.Guest().Actor, Channel: domain.ChannelAPI},
		Event: domain.VerificationPassed{Issue: 1, Purpose: domain.VerifySignUp,
			RequestedOn: domain.DayOf(w.l.clock.Now()), Took: domain.TookUnder1Minute, Nth: 1}})
	fatal(w.l.t, err)
	w.follow()
	w.l.clock.Add(3 * time.Second)
	w.until("the completion", func() bool {
		_, done := w.l.last(domain.SignUpStream(domain.SignUpID(up.Verification))).(domain.SignUpCompleted)
		return done
	})
}

// held is what is destroyed by time: an erasure in its grace, a sign-up under way, the key of a day.
type held struct {
	l      *ledger
	goes   domain.Caller
	signUp domain.VerificationID
	key    string
}

func (l *ledger) hold() *held {
	l.t.Helper()
	goes := l.account("goes@example.com")
	_, err := l.menu.RequestErasure(l.t.Context(), l.as(goes), commands.RequestErasure{})
	fatal(l.t, err)
	up, _ := l.signUp("waits@example.com")
	return &held{l: l, goes: goes, signUp: up.Verification, key: commands.DayKey(domain.DayOf(l.clock.Now()))}
}

func (h *held) erased() bool {
	_, ok := h.l.last(domain.AccountStream(h.goes.Account)).(domain.ErasureCompleted)
	return ok
}

func (h *held) keyDestroyed() bool {
	_, err := h.l.keys.Key(h.l.t.Context(), h.key)
	if err != nil && !errors.Is(err, vault.ErrDestroyed) {
		h.l.t.Fatal(err)
	}
	return err != nil
}

// whole fails the test when any of it was destroyed.
func (h *held) whole(when string) {
	h.l.t.Helper()
	_, waits := h.l.last(domain.AccountStream(h.goes.Account)).(domain.ErasureRequested)
	if !waits || h.l.lapsed(h.signUp) || h.keyDestroyed() {
		h.l.t.Fatalf("%s: erasure waits %v, sign-up lapsed %v, key destroyed %v", when, waits, h.l.lapsed(h.signUp), h.keyDestroyed())
	}
	for _, key := range []string{domain.AccountKey(h.goes.Account), domain.SignUpKey(domain.SignUpID(h.signUp))} {
		if _, err := h.l.keys.Key(h.l.t.Context(), key); err != nil {
			h.l.t.Fatalf("%s: %v", when, err)
		}
	}
}

func (h *held) gone(w *watched) {
	h.l.t.Helper()
	w.until("the erasure, the lapse and the end of the key", func() bool { return h.erased() && h.l.lapsed(h.signUp) && h.keyDestroyed() })
}

const (
	beginning = "the clock is far from"
	end       = "the clock is trusted again"
)
