package simulate

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Mailroom passes the codes in messages to those waiting for them. Other messages are dropped. It is safe for concurrent use.
type Mailroom struct {
	mu      sync.Mutex
	waiting map[string]chan string // by address
}

// NewMailroom makes an empty one.
func NewMailroom() *Mailroom { return &Mailroom{waiting: map[string]chan string{}} }

// errNoMessage: the ledger did not send a message in time.
var errNoMessage = errors.New("simulate: no message arrived")

// messageTime is how long a message may take.
const messageTime = time.Minute

// Deliver passes on the code of a message.
func (m *Mailroom) Deliver(to, code string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if c := m.waiting[to]; c != nil && code != "" {
		select {
		case <-c: // a newer code replaces an unread one
		default:
		}
		c <- code
	}
}

// expect starts waiting for messages to an address.
func (m *Mailroom) expect(to string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.waiting[to] = make(chan string, 1)
}

// read returns the next code sent to an expected address, and stops expecting.
func (m *Mailroom) read(ctx context.Context, to string) (string, error) {
	m.mu.Lock()
	c := m.waiting[to]
	m.mu.Unlock()
	defer m.forget(to)
	t := time.NewTimer(messageTime)
	defer t.Stop()
	select {
	case code := <-c:
		return code, nil
	case <-t.C:
		return "", errNoMessage
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

func (m *Mailroom) forget(to string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.waiting, to)
}
