package journal_test

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"accountledger/domain"
	"accountledger/internal/await"
	"accountledger/journal"
)

// patience bounds what a test waits for; it is reached only when the test fails.
const patience = await.Patience

// consumer reads the log through Watermill messages and keeps a checkpoint.
type consumer struct {
	t        *testing.T
	sub      *journal.Subscriber
	messages <-chan *message.Message
	told     chan error // why it stands still
	mu       sync.Mutex
	at       journal.Checkpoint
	asked    int
}

func consume(t *testing.T, j *journal.Journal, at journal.Checkpoint) *consumer {
	t.Helper()
	c := &consumer{t: t, at: at, told: make(chan error, 1000)}
	c.sub = j.Subscriber(func(context.Context) (journal.Checkpoint, error) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.asked++
		return c.at, nil
	}, func(err error) {
		if err != nil {
			c.told <- err
		}
	}, slog.New(slog.DiscardHandler))
	var err error
	if c.messages, err = c.sub.Subscribe(t.Context(), "test"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.sub.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func (c *consumer) next() (*message.Message, journal.Page) {
	c.t.Helper()
	select {
	case m, ok := <-c.messages:
		if !ok {
			c.t.Fatal("the subscription has ended")
		}
		return m, journal.PageOf(m)
	case <-time.After(patience):
		c.t.Fatal("no message came")
		return nil, journal.Page{}
	}
}

func (c *consumer) ack(m *message.Message) {
	c.mu.Lock()
	c.at = journal.PageOf(m).Checkpoint
	c.mu.Unlock()
	m.Ack()
}

func (c *consumer) waits() error {
	c.t.Helper()
	select {
	case err := <-c.told:
		return err
	case <-time.After(patience):
		c.t.Fatal("nobody was told")
		return nil
	}
}

func issued(n int) any {
	return domain.VerificationIssued{Issue: n, Purpose: "sign_up", Medium: "email"}
}

func issues(p journal.Page) []int {
	var out []int
	for _, r := range p.Records {
		out = append(out, r.Event.(domain.VerificationIssued).Issue)
	}
	return out
}
