package commands

import (
	"context"

	"accountledger/domain"
	"accountledger/journal"
)

// session reads one session of a stream as the leader has it now; false when there is none.
func (c *core) session(ctx context.Context, stream string, id domain.SessionID) (s domain.Session, ok bool, err error) {
	err = c.sessions.use(ctx, stream, func() *domain.Sessions { return &domain.Sessions{} }, func(month *domain.Sessions, _ journal.Head) {
		if found := month.All[id]; found != nil {
			s, ok = *found, true
		}
	})
	return s, ok, err
}
