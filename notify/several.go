package notify

import (
	"context"
	"errors"
	"slices"
	"time"

	"accountledger/commands"
	"accountledger/consumers/effects"
	"accountledger/domain"
)

// several are the messages about one event: the one that it asks for, and the alerts that follow from it. None waits for another. It belongs
// to one goroutine.
type several struct {
	*sender
	cause domain.Fact
	found bool // the alerts
	open  []*message
}

// message is one of them, and until when it waits.
type message struct {
	*job
	until time.Time
}

func (s *several) add(asked domain.MessageRequest) {
	s.open = append(s.open, &message{job: &job{sender: s.sender, cause: s.cause, asked: asked}})
}

// Yields is so once only alerts are left.
func (s *several) Yields() bool {
	return !slices.ContainsFunc(s.open, func(m *message) bool { return !m.Yields() })
}

// Next makes the next attempt at one of the messages that do not wait.
func (s *several) Next(ctx context.Context) (*effects.Attempt, error) {
	for _, m := range slices.Clone(s.open) {
		if s.Now().Before(m.until) {
			continue
		}
		a, err := m.Next(ctx)
		if err == nil {
			return s.attempt(m, a), nil
		}
		if err := s.after(m, err); err != nil {
			return nil, err
		}
	}
	if !s.found { // last, so that a fault here keeps no message that is asked for
		return nil, s.find(ctx)
	}
	return nil, s.rest()
}

// find asks for the alerts, once.
func (s *several) find(ctx context.Context) error {
	answer, err := s.Alerts(ctx, request("alerts"), commands.Alerts{Fact: s.cause})
	if err != nil && s.Now().Before(s.cause.At.Add(domain.AlertLifetime)) {
		return err
	}
	s.found = true
	for _, asked := range answer.Value {
		s.add(asked)
	}
	return s.rest()
}

// rest says when there is something to do next.
func (s *several) rest() error {
	if len(s.open) == 0 {
		return effects.ErrEnded
	}
	first := slices.MinFunc(s.open, func(a, b *message) int { return a.until.Compare(b.until) })
	return effects.Later(max(0, first.until.Sub(s.Now())))
}

// after notes what a message's step says of it; an error that is about none of them is returned.
func (s *several) after(m *message, err error) error {
	later, waits := errors.AsType[effects.Later](err)
	switch {
	case err == nil:
		m.until = time.Time{}
	case waits:
		m.until = s.Now().Add(time.Duration(later))
	case errors.Is(err, effects.ErrEnded):
		s.open = slices.DeleteFunc(s.open, func(one *message) bool { return one == m })
	default:
		return err
	}
	return nil
}

func (s *several) attempt(m *message, a *effects.Attempt) *effects.Attempt {
	result := a.Result
	a.Result = func(ctx context.Context, err error) error {
		if err := s.after(m, result(ctx, err)); err != nil {
			return err
		}
		if !s.found {
			return effects.Later(0)
		}
		return s.rest()
	}
	return a
}
