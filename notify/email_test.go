package notify_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/notify"
	"accountledger/notify/smtp"
	"accountledger/notify/smtp/smtptest"
)

func (h *house) smtp(s *smtptest.Server) *smtp.Transport {
	h.Helper()
	c, err := smtp.New(smtp.Config{Host: s.Host, Port: s.Port, From: "noreply@ledger.example", RootCAs: s.Roots})
	h.ok(err)
	return c
}

// The line from sign-up to account, by a real mail server.
func TestCodeArrivesAndIsRecorded(t *testing.T) {
	h := newHouse(t)
	var before []string
	s := smtptest.Start(t, smtptest.Options{TLS: true, Data: func(smtptest.Message) error {
		before = h.deliveries()
		return nil
	}})
	h.start(h.smtp(s), nil)
	signedUp := h.signUp("Canary@example.com", "de-AT")
	h.expect("guest succeeded")
	m := s.Wait(t, 1)[0]
	if m.To != "Canary@example.com" || !m.Encrypted {
		t.Errorf("to %s, encrypted %v", m.To, m.Encrypted)
	}
	if len(before) != 1 || before[0] != "guest, 1" {
		t.Errorf("recorded before it was sent: %q", before)
	}
	h.wantDeliveries("guest, 1, succeeded")
	h.check(signedUp, codeIn(t, m))

	var request domain.EventID
	var attempted, succeeded domain.Metadata
	var attempt domain.EventID
	for _, r := range h.all() {
		switch r.Event.(type) {
		case domain.SignUpRequested:
			request = r.ID
		case domain.DeliveryAttempted:
			attempted, attempt = r.Metadata, r.ID
		case domain.DeliverySucceeded:
			succeeded = r.Metadata
		}
	}
	for _, m := range []domain.Metadata{attempted, succeeded} {
		if m.Actor != domain.System().Actor || m.Channel != domain.ChannelProcess || !m.Subject.IsZero() || m.Region != "DE" || m.Correlation != request {
			t.Errorf("metadata %+v", m)
		}
	}
	if attempted.Causation != request || succeeded.Causation != attempt {
		t.Errorf("caused by %s and %s", attempted.Causation, succeeded.Causation)
	}
}

// codeIn finds the code, which stands on a line of its own.
func codeIn(t *testing.T, m smtptest.Message) string {
	t.Helper()
	for line := range strings.Lines(m.Parts(t)["text/plain"]) {
		if code := domain.CleanCode(strings.TrimSpace(line)); len(code) == 6 && strings.Trim(code, "0123456789") == "" {
			return code
		}
	}
	t.Fatal("no code in the message")
	return ""
}

func TestANewCodeIsAMessageOfItsOwn(t *testing.T) {
	h := newHouse(t)
	s := smtptest.Start(t, smtptest.Options{TLS: true})
	h.start(h.smtp(s), nil)
	signedUp := h.signUp("canary@example.com", "en")
	h.expect("guest succeeded")
	h.clock.add(2 * time.Minute)
	_, err := h.menu.Resend(t.Context(), guest("resend"), commands.Resend{Verification: signedUp.Verification, Handle: signedUp.Handle})
	h.ok(err)
	h.expect("guest succeeded")
	h.wantDeliveries("guest, 1, succeeded", "guest, 1, succeeded")
	messages := s.Wait(t, 2)
	h.check(signedUp, codeIn(t, messages[1]))
}

func TestRefusedForGood(t *testing.T) {
	h := newHouse(t)
	s := smtptest.Start(t, smtptest.Options{TLS: true, Rcpt: func(to string) error { return smtptest.Refusal(550, to+" is unknown") }})
	h.start(h.smtp(s), nil)
	h.signUp("canary@example.com", "en")
	h.expect("guest refused")
	h.wantDeliveries("guest, 1, refused")
}

func TestTriedAgain(t *testing.T) {
	h := newHouse(t)
	var calls atomic.Int32
	s := smtptest.Start(t, smtptest.Options{TLS: true, Rcpt: func(to string) error {
		if calls.Add(1) <= 2 {
			return smtptest.Refusal(451, to+" comes too often")
		}
		return nil
	}})
	h.start(h.smtp(s), nil)
	h.signUp("canary@example.com", "en")
	h.expect("guest retried", "guest retried", "guest succeeded")
	h.wantDeliveries("guest, 1, 2, 3, succeeded")
}

// waits records how long was waited.
type waits struct {
	mu  sync.Mutex
	all []time.Duration
}

func (w *waits) hook(h *house) func(*notify.Options) {
	return func(o *notify.Options) {
		o.Wait = func(ctx context.Context, d time.Duration) error {
			w.mu.Lock()
			w.all = append(w.all, d)
			w.mu.Unlock()
			h.clock.add(d)
			return ctx.Err()
		}
	}
}

func TestGivenUpAfterSixAttempts(t *testing.T) {
	h := newHouse(t)
	s := smtptest.Start(t, smtptest.Options{TLS: true, Rcpt: func(string) error { return smtptest.Refusal(451, "later") }})
	var w waits
	h.start(h.smtp(s), w.hook(h))
	h.signUp("canary@example.com", "en")
	h.expect("guest retried", "guest retried", "guest retried", "guest retried", "guest retried", "guest unreachable")
	h.wantDeliveries("guest, 1, 2, 3, 4, 5, 6, unreachable")
	w.mu.Lock()
	defer w.mu.Unlock()
	if want := []time.Duration{time.Second, 5 * time.Second, 25 * time.Second, 125 * time.Second, 5 * time.Minute}; !slices.Equal(w.all, want) {
		t.Errorf("waited %v", w.all)
	}
}

// A server that takes a message and does not answer may have taken it: there is one later try, and no more.
func TestUnanswered(t *testing.T) {
	h := newHouse(t)
	s := smtptest.Start(t, smtptest.Options{TLS: true, SilentAt: string(notify.StepAnswer)})
	c, err := smtp.New(smtp.Config{Host: s.Host, Port: s.Port, From: "noreply@ledger.example", RootCAs: s.Roots, Times: smtp.Times{Answer: 50 * time.Millisecond}})
	h.ok(err)
	var w waits
	sending := notify.NewSending(h.clock.Now)
	h.start(c, func(o *notify.Options) {
		w.hook(h)(o)
		o.Sending = sending
	})
	h.signUp("canary@example.com", "en")
	h.expect("guest retried", "guest unanswered")
	h.wantDeliveries("guest, 1, 2, unanswered")
	if len(s.Taken()) != 2 || len(w.all) != 1 || w.all[0] != 2*time.Minute {
		t.Errorf("%d messages, waited %v", len(s.Taken()), w.all)
	}
	state := sending.State()
	if state.Failed != 2 || state.Sent != 0 || state.FailingSince.IsZero() ||
		state.LastFailure.Step != notify.StepAnswer || state.LastFailure.Reason != "timed out" {
		t.Errorf("%+v", state)
	}
	h.clock.add(time.Hour)
	if state := sending.State(); state.Failed != 0 || state.LastFailure == nil {
		t.Errorf("an hour later: %+v", state)
	}
}

func TestNothingIsSentForWhatHasExpired(t *testing.T) {
	h := newHouse(t)
	s := smtptest.Start(t, smtptest.Options{TLS: true, Rcpt: func(string) error { return smtptest.Refusal(451, "later") }})
	h.start(h.smtp(s), func(o *notify.Options) {
		o.Wait = func(ctx context.Context, _ time.Duration) error { // as on a machine that slept
			h.clock.add(domain.CodeLifetime)
			return ctx.Err()
		}
	})
	h.signUp("canary@example.com", "en")
	h.expect("guest retried", "guest expired")
	h.wantDeliveries("guest, 1, expired")
}

// switched is a transport that can be pointed elsewhere.
type switched struct {
	to atomic.Pointer[smtp.Transport]
}

func (s *switched) Medium() domain.Medium { return domain.MediumEmail }

func (s *switched) Send(ctx context.Context, e notify.Envelope) error {
	return s.to.Load().Send(ctx, e)
}

func TestServerDownThenUp(t *testing.T) {
	h := newHouse(t)
	s := smtptest.Start(t, smtptest.Options{TLS: true})
	nobody, err := smtp.New(smtp.Config{Host: "127.0.0.1", Port: 1, From: "noreply@ledger.example"})
	h.ok(err)
	c := &switched{}
	c.to.Store(nobody)
	var tries atomic.Int32
	h.start(c, func(o *notify.Options) {
		o.Wait = func(ctx context.Context, d time.Duration) error {
			h.clock.add(d)
			if tries.Add(1) == 3 {
				c.to.Store(h.smtp(s))
			}
			return ctx.Err()
		}
	})
	h.signUp("canary@example.com", "en")
	h.expect("guest retried", "guest retried", "guest retried", "guest succeeded")
	h.wantDeliveries("guest, 1, 2, 3, 4, succeeded")
	if got := len(s.Taken()); got != 1 {
		t.Errorf("%d messages", got)
	}
}

// A person whose server is slow holds up nobody else, and the checkpoint stays before that person's message.
func TestNobodyWaitsForAnother(t *testing.T) {
	h := newHouse(t)
	s := smtptest.Start(t, smtptest.Options{TLS: true, Rcpt: func(to string) error {
		if strings.HasPrefix(to, "slow") {
			return smtptest.Refusal(451, "later")
		}
		return nil
	}})
	n := h.open(h.smtp(s), func(o *notify.Options) {
		o.Senders = 1
		o.Wait = func(ctx context.Context, _ time.Duration) error {
			<-ctx.Done()
			return ctx.Err()
		}
	})
	stop := h.run(n)
	h.signUp("slow.canary@example.com", "en")
	h.expect("guest retried")
	before, err := n.Checkpoint(t.Context())
	h.ok(err)
	for i := range 5 {
		h.signUp(fmt.Sprintf("canary%d@example.com", i), "en")
		h.expect("guest succeeded")
	}
	if at, _ := n.Checkpoint(t.Context()); at != before {
		t.Errorf("the checkpoint is at %s, past a message that has not ended", at.Position)
	}
	stop(context.Background())
	if st := n.Status(); st.Pending != 1 || !st.Oldest.Equal(h.clock.Now()) || st.Durable != before.Position {
		t.Errorf("status %+v", st)
	}
}
