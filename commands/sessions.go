package commands

import (
	"context"
	"errors"
	"slices"
	"time"

	"accountledger/domain"
	"accountledger/journal"
)

// Session is one open session as its owner sees it.
type Session struct {
	ID      domain.SessionID
	Began   time.Time
	Expires time.Time
	Client  domain.ClientInfo // empty once the month's key is gone
	Current bool
}

// months are those that a session still open can have begun in.
func (k *call) months() []domain.Month {
	var out []domain.Month
	for t := k.now.Add(-domain.SessionLifetime).AddDate(0, -1, 0); len(out) == 0 || out[len(out)-1] < domain.MonthOf(k.now); t = t.AddDate(0, 0, 20) {
		if m := domain.MonthOf(t); !slices.Contains(out, m) {
			out = append(out, m)
		}
	}
	return out
}

func (k *call) everywhereAt(ctx context.Context) (int64, error) {
	if k.Caller.Actor.Kind != domain.ActorPerson {
		return -1, nil
	}
	a, _, err := k.account(ctx, k.Caller.Account)
	if err != nil {
		return -1, err
	}
	return a.EverywhereAt, nil
}

// eachOpen visits the caller's open sessions with the head of the stream they stand in.
func (k *call) eachOpen(ctx context.Context, visit func(domain.Month, journal.Head, *domain.Session) error) error {
	everywhere, err := k.everywhereAt(ctx)
	if err != nil {
		return err
	}
	for _, month := range k.months() {
		var sessions domain.Sessions
		head, err := k.fold(ctx, domain.SessionsStream(k.Caller.Actor.ID.UUID, month), &sessions, nil)
		if err != nil {
			return err
		}
		for _, s := range sessions.All {
			if !s.Open(everywhere, k.now) {
				continue
			}
			if err := visit(month, head, s); err != nil {
				return err
			}
		}
	}
	return nil
}

// listSessions gives the caller's own open sessions, the newest first.
func (k *call) listSessions(ctx context.Context, _ struct{}) ([]Session, error) {
	var out []Session
	err := k.eachOpen(ctx, func(_ domain.Month, _ journal.Head, s *domain.Session) error {
		client, err := journal.Open(ctx, k.Journal, s.Fact, s.Client)
		if err = ignoreUnreadable(err); err != nil {
			return err
		}
		out = append(out, Session{ID: s.Session, Began: s.Fact.At, Expires: s.Expires, Client: client, Current: s.Session == k.Caller.Session})
		return nil
	})
	slices.SortFunc(out, func(a, b Session) int { return b.Began.Compare(a.Began) })
	return out, err
}

// EndSession ends one of the caller's sessions. One that is not theirs is one that does not exist.
type EndSession struct {
	ID domain.SessionID `json:"id"`
}

func (k *call) endSession(ctx context.Context, in EndSession) (struct{}, error) {
	found := false
	err := retry(ctx, func() error {
		found = false
		err := k.eachOpen(ctx, func(_ domain.Month, head journal.Head, s *domain.Session) error {
			if s.Session != in.ID {
				return nil
			}
			found = true
			return k.appendEnd(ctx, head, s)
		})
		if err == nil && !found {
			found, err = k.endedBefore(ctx, in.ID)
		}
		return err
	})
	if err == nil && !found {
		err = domain.ErrNotFound
	}
	return struct{}{}, err
}

// endedBefore reports whether this very command ended the session before.
func (k *call) endedBefore(ctx context.Context, id domain.SessionID) (bool, error) {
	if !k.keyed {
		return false, nil
	}
	var before []domain.Fact
	for _, month := range k.months() {
		var sessions domain.Sessions
		if _, err := k.fold(ctx, domain.SessionsStream(k.Caller.Actor.ID.UUID, month), &sessions, k.mine(&before)); err != nil {
			return false, err
		}
	}
	for _, f := range before {
		if e, ok := f.Event.(domain.SessionEnded); ok && e.Session == id {
			return true, k.sameRequest(ctx, before)
		}
	}
	return false, nil
}

func (k *call) appendEnd(ctx context.Context, head journal.Head, s *domain.Session) error {
	entries, err := k.entries(ctx, head, about{subject: s.Fact.Subject, region: s.Fact.Region}, domain.SessionEnded{Session: s.Session})
	if err != nil {
		return err
	}
	_, err = k.commit(ctx, head, entries)
	return err
}

// signOutEverywhere ends all sessions: a person's by one event of the account, an officer's few one by one.
func (k *call) signOutEverywhere(ctx context.Context, _ struct{}) (struct{}, error) {
	if k.Caller.Actor.Kind == domain.ActorPerson {
		_, _, err := k.change(ctx, k.Caller.Account, (*domain.Account).SignOutEverywhere)
		return struct{}{}, err
	}
	for {
		var one *domain.Session
		var at journal.Head
		err := k.eachOpen(ctx, func(_ domain.Month, head journal.Head, s *domain.Session) error {
			one, at = s, head
			return nil
		})
		if err != nil || one == nil {
			return struct{}{}, err
		}
		end := &call{core: k.core, Request: k.Request, input: k.input, now: k.now, command: domain.CommandID{UUID: domain.Derive(k.command.UUID, one.Session.String())}}
		var conflict *journal.ConflictError
		if err := end.appendEnd(ctx, at, one); err != nil && !errors.As(err, &conflict) {
			return struct{}{}, err
		}
		k.position = end.position
	}
}
