package notify

import (
	"errors"
	"fmt"
	"sync"
	"time"
)

// Sending counts what became of the attempts of the last hour, in memory. It holds nothing personal. It is safe for concurrent use.
type Sending struct {
	now func() time.Time

	mu      sync.Mutex
	minutes [60]struct {
		minute       int64 // since 1970
		sent, failed int
	}
	since time.Time
	last  *Failure
}

// NewSending counts by a clock.
func NewSending(now func() time.Time) *Sending { return &Sending{now: now} }

// SendingState says how the sending of messages goes.
type SendingState struct {
	Sent   int `json:"sent_last_hour"`   // messages that the next server took
	Failed int `json:"failed_last_hour"` // attempts
	// FailingSince is when the first attempt failed since the last one that succeeded; zero: the last one succeeded, or there was none.
	FailingSince time.Time `json:"failing_since,omitzero"`
	LastFailure  *Failure  `json:"last_failure,omitzero"` // since the start of the process
}

// Failure is why an attempt failed.
type Failure struct {
	At       time.Time `json:"at"`
	Step     Step      `json:"step"`
	Code     int       `json:"code,omitzero"`     // the server's reply
	Enhanced string    `json:"enhanced,omitzero"` // RFC 3463
	Reason   string    `json:"reason,omitzero"`
}

// note counts an attempt.
func (s *Sending) note(err error) {
	if s == nil {
		return
	}
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	minute := now.Unix() / 60
	m := &s.minutes[(minute%60+60)%60]
	if m.minute != minute {
		m.minute, m.sent, m.failed = minute, 0, 0
	}
	if err == nil {
		m.sent++
		s.since = time.Time{}
		return
	}
	m.failed++
	if s.since.IsZero() {
		s.since = now
	}
	s.last = &Failure{At: now, Reason: fmt.Sprintf("%T", err)} // the text of other errors could hold anything
	if told, ok := errors.AsType[*SendError](err); ok {
		s.last = &Failure{At: now, Step: told.Step, Code: told.Code, Enhanced: told.Enhanced, Reason: told.Why}
	}
}

// State is the state now.
func (s *Sending) State() SendingState {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := SendingState{FailingSince: s.since, LastFailure: s.last}
	minute := s.now().Unix() / 60
	for _, m := range s.minutes {
		if minute-m.minute < 60 && m.minute <= minute {
			out.Sent += m.sent
			out.Failed += m.failed
		}
	}
	return out
}
