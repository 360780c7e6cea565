package commands

import (
	"context"

	"accountledger/domain"
	"accountledger/journal"
)

// session reads one session of a stream as the leader has it now; the zero Session, which is never valid, if there is none.
func (c *core) session(ctx context.Context, stream string, id domain.SessionID) (domain.Session, error) {
	s, _, err := c.sessionAnd(ctx, stream, id)
	return s, err
}

// sessionAnd also returns the stream's end.
func (c *core) sessionAnd(ctx context.Context, stream string, id domain.SessionID) (s domain.Session, at journal.Head, err error) {
	err = c.sessions.use(ctx, stream, newSessions, func(month *domain.Sessions, head journal.Head) {
		at = head
		if found := month.All[id]; found != nil {
			s = *found
		}
	})
	return s, at, err
}

func newSessions() *domain.Sessions { return &domain.Sessions{} }
