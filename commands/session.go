package commands

import (
	"context"
	"time"

	"github.com/google/uuid"

	"accountledger/domain"
)

// session reads one session as the leader has it now; the zero Session, which is never valid, if there is none.
func (c *core) session(ctx context.Context, owner uuid.UUID, month domain.Month, id domain.SessionID) (domain.Session, error) {
	sessions, err := stateOf(ctx, c.sessionsStream(owner, month))
	if err != nil || sessions.All[id] == nil {
		return domain.Session{}, err
	}
	return *sessions.All[id], nil
}

// firstSession says in which periods a person's session is the first, beside others of its month. In a week that began the month before
// it reads that month too, unless there are others.
func (k *call) firstSession(ctx context.Context, who holder, s *domain.Sessions, at time.Time) (domain.First, error) {
	if who.kind != domain.ActorPerson {
		return "", nil
	}
	earlier := &domain.Sessions{}
	if month := s.Before(at); month != "" {
		var err error
		if earlier, err = stateOf(ctx, k.sessionsStream(who.id, month)); err != nil {
			return "", err
		}
	}
	return s.First(earlier, at), nil
}
