package simulate

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Mailroom hands the codes of messages to those who wait for them. Messages to anybody else are dropped. It is safe for
// concurrent use.
type Mailroom struct {
	mu      sync.Mutex
	waiting map[string]chan string // by address
}

// NewMailroom makes an empty one.
func NewMailroom() *Mailroom { return &Mailroom{waiting: map[string]chan string{}} }

// errNoMessage: the ledger sent no message in time.
var errNoMessage = errors.New("simulate: no message came")

// messageTime is how long a message may take.
const messageTime = time.Minute

// Deliver hands over the code of a message.
func (m *Mailroom) Deliver(to, code string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if c := m.waiting[to]; c != nil && code != "" {
		select {
		case <-c: // a newer code takes the place of one that nobody has read
		default:
		}
		c <- code
	}
}

// expect begins to wait for messages to an address.
func (m *Mailroom) expect(to string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.waiting[to] = make(chan string, 1)
}

// read gives the next code that comes to an address that is expected, and expects none any more.
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
