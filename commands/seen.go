package commands

import (
	"context"
	"time"

	"accountledger/domain"
	"accountledger/journal"
)

// seeing is how long the record of a session's use may take.
const seeing = 5 * time.Second

// see records that a session is in use, once for a stretch of time, whichever process sees it. What cannot be recorded now is recorded
// at the next request; a session is not refused for it.
func (c *core) see(ctx context.Context, t sessionToken, caller domain.Caller, now time.Time) {
	every := domain.SeenEvery
	if t.kind == domain.ActorStaff {
		every = domain.StaffSeenEvery
	}
	ctx, cancel := context.WithTimeout(context.WithValue(ctx, readsKey{}, (*reads)(nil)), seeing) // it waits for nothing of the request
	defer cancel()
	slot := uint64(now.UnixNano() / int64(every)) //nolint:gosec // not before 1970
	k := &call{core: c, Request: Request{Caller: caller, Channel: domain.ChannelAPI, Operation: "seen"}, now: now,
		command: domain.CommandID{UUID: domain.Derive(t.session.UUID, "seen", slot)}}
	a := about{}
	if t.kind == domain.ActorPerson {
		account, err := k.account(ctx, caller.Account)
		if err != nil {
			return
		}
		a = ofAccount(account)
	}
	_, _ = change[*domain.Sessions]{stream: c.sessionsStream(t.owner, t.month), about: concerning[*domain.Sessions](a), mayKeep: true,
		decide: func(_ context.Context, s *domain.Sessions, _ journal.Head) ([]any, error) {
			if one := s.All[t.session]; one == nil || one.Ended || !one.Unseen(now) {
				return nil, nil
			}
			return []any{domain.SessionSeen{Session: t.session}}, nil
		}}.by(ctx, k)
}
