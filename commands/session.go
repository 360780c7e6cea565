package commands

import (
	"context"

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
