package notify_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"accountledger/consumers"
	"accountledger/consumers/effects"
	"accountledger/internal/await"
	"accountledger/leases"
	"accountledger/leases/local"
	"accountledger/notify"
	"accountledger/notify/templates"
)

// sender is one process that sends messages while it may.
type sender struct {
	*effects.Shared
	runner *consumers.Runner
	keeper *leases.Keeper
	stop   func()
}

// cut is a server of leases that a process can be cut off from.
type cut struct {
	leases.Server
	mu  sync.Mutex
	off bool
}

func (c *cut) set(off bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.off = off
}

func (c *cut) Renew(ctx context.Context, who leases.Process, ttl time.Duration, held []leases.Ref) ([]leases.Ref, error) {
	c.mu.Lock()
	off := c.off
	c.mu.Unlock()
	if off {
		return nil, leases.ErrUnavailable
	}
	return c.Server.Renew(ctx, who, ttl, held)
}

func (h *house) share(server leases.Server, c notify.Transport) *sender {
	h.Helper()
	texts, err := templates.New(templates.About{Service: "Vesta"})
	h.ok(err)
	log := slog.New(slog.NewJSONHandler(h.log, nil))
	s := &sender{keeper: leases.New(server, leases.Options{TTL: 500 * time.Millisecond})}
	s.Shared = notify.NewShared(notify.Options{Journal: h.journal, Message: h.menu.Message, Alerts: h.menu.Alerts, Record: h.menu.RecordDelivery, Transport: c,
		Texts: texts, Log: log, Now: h.clock.Now,
		SaveEvery: time.Millisecond,
		Wait: func(ctx context.Context, d time.Duration) error {
			h.clock.add(d)
			return ctx.Err()
		}}, s.keeper)
	s.runner, err = consumers.New(consumers.Options{Journal: h.journal, Log: log, Now: h.clock.Now, Pause: time.Millisecond, Leases: s.keeper}, s.Consumer())
	h.ok(err)
	ended := make(chan error, 1)
	go func() { ended <- s.runner.Run(context.Background()) }()
	s.stop = sync.OnceFunc(func() {
		if err := errors.Join(s.runner.Close(), <-ended, s.Close(cancelled()), s.keeper.Close()); err != nil {
			h.Error(err)
		}
	})
	h.Cleanup(s.stop)
	return s
}

// sent says whether so many messages have been sent.
func (h *house) sent(n int) bool {
	all := h.deliveries()
	for _, d := range all {
		if !strings.HasSuffix(d, "succeeded") {
			return false
		}
	}
	return len(all) == n
}

func (s *sender) state(h *house) consumers.State {
	all, err := s.runner.Status(h.Context())
	h.ok(err)
	return all[0].State
}

// The next one to send goes on where the one before stood: nothing is lost, nothing is sent twice.
func TestAnotherProcessGoesOn(t *testing.T) {
	h := newHouse(t)
	b, server := h.mailbox(), local.New()
	first := h.share(server, b)
	await.Until(h, "the first one sends", func() bool { return first.state(h) == consumers.Running })
	second := h.share(server, b)
	h.signUp("first@example.com", "en")
	await.Until(h, "the first message", func() bool { return h.sent(1) })
	await.Until(h, "the second one waits", func() bool { return second.state(h) == consumers.Elsewhere })
	first.stop()
	h.signUp("between@example.com", "en")
	await.Until(h, "the second message", func() bool { return h.sent(2) })
	first = h.share(server, b)
	second.stop()
	h.signUp("last@example.com", "en")
	await.Until(h, "the third message", func() bool { return h.sent(3) })
	first.stop()
	h.wantDeliveries("guest, 1, succeeded", "guest, 1, succeeded", "guest, 1, succeeded")
	if got := h.kept(); got != "first between last" {
		t.Errorf("sent to: %s", got)
	}
}

// A process that is cut off sends nothing new once its lease is lost, though it reads on; another one does.
func TestACutOffProcessSendsNothingNew(t *testing.T) {
	h := newHouse(t)
	b, server := h.mailbox(), local.New()
	off := &cut{Server: server}
	first := h.share(off, b)
	await.Until(h, "the first one sends", func() bool { return first.state(h) == consumers.Running })
	off.set(true)
	second := h.share(server, b)
	await.Until(h, "the second one sends", func() bool { return second.state(h) == consumers.Running })
	await.Until(h, "the first one knows", func() bool { return first.state(h) == consumers.Elsewhere })
	h.signUp("once@example.com", "en")
	await.Until(h, "the message", func() bool { return h.sent(1) })
	h.wantDeliveries("guest, 1, succeeded")
	if got := h.kept(); got != "once" {
		t.Errorf("sent to: %s", got)
	}
}

// What is asked for before the first process that sends has started is sent by it, if that was to be so.
func TestAMarkedStart(t *testing.T) {
	h := newHouse(t)
	server := local.New()
	k := leases.New(server, leases.Options{})
	t.Cleanup(func() { h.ok(k.Close()) })
	for range 2 {
		h.ok(effects.MarkStart(t.Context(), h.journal, k, notify.Name))
		h.signUp("early@example.com", "en")
	}
	s := h.share(server, h.mailbox())
	await.Until(h, "both messages", func() bool { return h.sent(2) })
	await.Until(h, "that its place is stored", func() bool { // it is, some time after the message
		at, err := s.Stored(t.Context())
		h.ok(err)
		return !at.IsZero()
	})
}
