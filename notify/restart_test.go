package notify_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"accountledger/domain"
	"accountledger/journal"
	"accountledger/notify"
	"accountledger/notify/mailbox"
)

// stuck is a transport that keeps messages, but for some whose sending does not come to an end by itself.
type stuck struct {
	*mailbox.Mailbox
	who   string
	begun chan struct{}
}

func (s *stuck) Send(ctx context.Context, e notify.Envelope) error {
	if !strings.HasPrefix(e.To, s.who) {
		return s.Mailbox.Send(ctx, e)
	}
	s.begun <- struct{}{}
	<-ctx.Done()
	return ctx.Err()
}

func cancelled() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

// A restart in the middle repeats what was under way and nothing else.
func TestRestartInTheMiddle(t *testing.T) {
	h := newHouse(t)
	b := h.mailbox()
	s := &stuck{Mailbox: b, who: "stuck", begun: make(chan struct{}, 10)}
	stop := h.start(s, nil)
	h.signUp("first@example.com", "en")
	h.expect("guest succeeded")
	h.signUp("stuck@example.com", "en")
	<-s.begun
	h.signUp("third@example.com", "en")
	h.expect("guest succeeded")
	stop(cancelled())
	h.wantDeliveries("guest, 1, succeeded", "guest, 1", "guest, 1, succeeded")

	h.start(b, nil)
	h.expect("guest succeeded")
	h.wantDeliveries("guest, 1, succeeded", "guest, 1, 2, succeeded", "guest, 1, succeeded")
	if got := h.kept(); got != "first third stuck" {
		t.Errorf("sent to: %s", got)
	}
}

// An older checkpoint, as from before a crash, has nothing sent twice.
func TestAnOldCheckpointSendsNothingTwice(t *testing.T) {
	h := newHouse(t)
	b := h.mailbox()
	n := h.open(b, nil)
	old, err := os.ReadFile(filepath.Join(h.dir, "notify.checkpoint"))
	h.ok(err)
	stop := h.run(n)
	h.signUp("first@example.com", "en")
	h.expect("guest succeeded")
	stop(context.Background())
	h.ok(os.WriteFile(filepath.Join(h.dir, "notify.checkpoint"), old, 0o600))

	stop = h.start(b, nil)
	h.signUp("second@example.com", "en")
	h.expect("guest succeeded")
	stop(context.Background())
	if got := h.kept(); got != "first second" {
		t.Errorf("sent to: %s", got)
	}
	h.wantDeliveries("guest, 1, succeeded", "guest, 1, succeeded")
}

// What was attempted and has expired while nobody ran is ended all the same.
func TestWhatExpiredWhileStoppedIsEnded(t *testing.T) {
	h := newHouse(t)
	b := h.mailbox()
	s := &stuck{Mailbox: b, who: "stuck", begun: make(chan struct{}, 10)}
	stop := h.start(s, nil)
	h.signUp("stuck@example.com", "en")
	<-s.begun
	stop(cancelled())
	h.clock.add(domain.CodeLifetime)
	h.start(b, nil)
	h.expect("guest expired")
	h.wantDeliveries("guest, 1, expired")
}

// A notifier that stops waits for the message under way and records it.
func TestGracefulStop(t *testing.T) {
	h := newHouse(t)
	b := h.mailbox()
	g := &gate{Mailbox: b, begun: make(chan struct{}), open: make(chan struct{})}
	n := h.open(g, nil)
	stop := h.run(n)
	h.signUp("canary@example.com", "en")
	<-g.begun
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		stop(context.Background())
	}()
	close(g.open)
	<-closed
	h.expect("guest succeeded")
	h.wantDeliveries("guest, 1, succeeded")
	head, err := n.Checkpoint(t.Context())
	h.ok(err)
	if st := n.Status(); st.Durable != head.Position || st.Pending != 0 {
		t.Errorf("status %+v, checkpoint %s", st, head.Position)
	}
}

// gate is a transport that says when it begins and waits until it may go on.
type gate struct {
	*mailbox.Mailbox
	begun, open chan struct{}
}

func (g *gate) Send(ctx context.Context, e notify.Envelope) error {
	close(g.begun)
	<-g.open
	return g.Mailbox.Send(ctx, e)
}

// Without a checkpoint that can be used nobody is sent what was asked for before.
func TestStartsAtTheHead(t *testing.T) {
	for name, file := range map[string]string{
		"none": "", "damaged": `{"log":`, "another log": `{"log":"` + uuid.New().String() + `","position":"1","event":"` + uuid.New().String() + `"}`,
		"another history": "",
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			b := h.mailbox()
			h.signUp("early@example.com", "en")
			if name == "another history" { // the same log id and position, another event
				head, err := h.journal.Head(t.Context())
				h.ok(err)
				file = `{"log":"` + head.Log.String() + `","position":"` + head.Position.String() + `","event":"` + uuid.New().String() + `"}`
			}
			path := filepath.Join(h.dir, "notify.checkpoint")
			if file != "" {
				h.ok(os.WriteFile(path, []byte(file), 0o600))
			}
			stop := h.start(b, nil)
			if name == "another history" { // only the log itself can tell, once it is asked to read on from there
				h.wait("starting at the head")
			}
			h.signUp("late@example.com", "en")
			h.expect("guest succeeded")
			stop(context.Background())
			if got := h.kept(); got != "late" {
				t.Errorf("sent to: %s", got)
			}
			if !strings.Contains(h.log.String(), "starting at the head") {
				t.Error("the log does not say so")
			}
			// The next start goes on from there.
			h.signUp("later@example.com", "en")
			h.start(b, nil)
			h.expect("guest succeeded")
			if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("checkpoint file: %v, %v", info, err)
			}
		})
	}
}

// A page that comes again, as after a nack, begins nothing twice.
func TestAPageThatComesAgain(t *testing.T) {
	h := newHouse(t)
	b := h.mailbox()
	n := h.open(b, nil)
	at, err := n.Checkpoint(t.Context())
	h.ok(err)
	h.signUp("canary@example.com", "en")
	page, err := h.journal.ReadAll(t.Context(), at, journal.PageSize)
	h.ok(err)
	for range 3 {
		h.ok(n.Handle(t.Context(), page))
	}
	h.expect("guest succeeded")
	h.ok(n.Close(context.Background()))
	h.wantDeliveries("guest, 1, succeeded")
	if got := h.kept(); got != "canary" {
		t.Errorf("sent to: %s", got)
	}
}

// Reading stops while too many messages wait, and goes on when the caller gives up or one of them ends.
func TestTooManyWaiting(t *testing.T) {
	h := newHouse(t)
	s := &stuck{Mailbox: h.mailbox(), who: "stuck", begun: make(chan struct{}, 10)}
	n := h.open(s, func(o *notify.Options) { o.Pending = 1 })
	at, err := n.Checkpoint(t.Context())
	h.ok(err)
	h.signUp("stuck1@example.com", "en")
	h.signUp("stuck2@example.com", "en")
	page, err := h.journal.ReadAll(t.Context(), at, journal.PageSize)
	h.ok(err)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := n.Handle(ctx, page); err == nil {
		t.Error("it took more than it may")
	}
	<-s.begun
	if again, _ := n.Checkpoint(t.Context()); again.Event != page.Records[0].ID.UUID { // the event before the first sign-up
		t.Errorf("the checkpoint moved to %s", again.Position)
	}
	h.ok(n.Close(cancelled()))
}
