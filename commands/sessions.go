package commands

import (
	"context"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"accountledger/domain"
	"accountledger/journal"
)

// Session is one open session as its owner sees it.
type Session struct {
	ID      domain.SessionID
	Began   time.Time
	Expires time.Time
	Client  domain.ClientInfo // empty once the month's key is destroyed
	Current bool
}

// months are those in which a session that is still open can have started.
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

// openSessions are the caller's open sessions of one month, and the head of their stream.
type openSessions struct {
	head journal.Head
	open []domain.Session
}

// eachOpen reads the caller's open sessions, month by month.
func (k *call) eachOpen(ctx context.Context) ([]openSessions, error) {
	months := k.months()
	out := make([]openSessions, len(months))
	everywhere := int64(-1)
	err := k.besideEach(ctx, 1+len(months), func(ctx context.Context, i int) (err error) {
		if i == len(months) {
			everywhere, err = k.everywhereAt(ctx)
			return err
		}
		return k.sessions.use(ctx, domain.SessionsStream(k.Caller.Actor.ID.UUID, months[i]), newSessions, func(s *domain.Sessions, head journal.Head) {
			out[i].head = head
			for _, one := range s.All {
				out[i].open = append(out[i].open, *one)
			}
		})
	})
	if err != nil {
		return nil, err
	}
	for i := range out {
		out[i].open = slices.DeleteFunc(out[i].open, func(s domain.Session) bool { return !s.Open(everywhere, k.now) })
	}
	return out, nil
}

// listSessions lists the caller's open sessions, newest first.
func (k *call) listSessions(ctx context.Context, _ struct{}) ([]Session, error) {
	months, err := k.eachOpen(ctx)
	if err != nil {
		return nil, err
	}
	var out []Session
	for _, month := range months {
		for i := range month.open {
			s := &month.open[i]
			client, err := journal.Open(ctx, k.Journal, s.Fact, s.Client)
			if err = ignoreUnreadable(err); err != nil {
				return nil, err
			}
			out = append(out, Session{ID: s.Session, Began: s.Fact.At, Expires: s.Expires, Client: client, Current: s.Session == k.Caller.Session})
		}
	}
	slices.SortFunc(out, func(a, b Session) int { return b.Began.Compare(a.Began) })
	return out, nil
}

// EndSession ends one of the caller's sessions. Somebody else's is answered like one that does not exist.
type EndSession struct {
	ID domain.SessionID `json:"id"`
}

func (k *call) endSession(ctx context.Context, in EndSession) (struct{}, error) {
	return struct{}{}, retry(ctx, func(ctx context.Context) error {
		months, err := k.eachOpen(ctx)
		if err != nil {
			return err
		}
		for _, month := range months {
			at := slices.IndexFunc(month.open, func(s domain.Session) bool { return s.Session == in.ID })
			if at >= 0 {
				return k.appendEnd(ctx, month.head, &month.open[at])
			}
		}
		ended, err := k.endedBefore(ctx, in.ID)
		if err == nil && !ended {
			err = domain.ErrNotFound
		}
		return err
	})
}

// endedBefore reports whether this same command already ended the session.
func (k *call) endedBefore(ctx context.Context, id domain.SessionID) (bool, error) {
	if !k.keyed {
		return false, nil
	}
	months := k.months()
	before := make([][]domain.Fact, len(months))
	err := k.besideEach(ctx, len(months), func(ctx context.Context, i int) error {
		var sessions domain.Sessions
		_, err := k.fold(ctx, domain.SessionsStream(k.Caller.Actor.ID.UUID, months[i]), &sessions, k.mine(&before[i]))
		return err
	})
	if err != nil {
		return false, err
	}
	mine := slices.Concat(before...)
	for _, f := range mine {
		if e, ok := f.Event.(domain.SessionEnded); ok && e.Session == id {
			return true, k.sameRequest(ctx, mine)
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

// signOutEverywhere ends all sessions: a person's by one event of the account, an officer's one by one.
func (k *call) signOutEverywhere(ctx context.Context, _ struct{}) (struct{}, error) {
	if k.Caller.Actor.Kind == domain.ActorPerson {
		_, _, err := k.change(ctx, k.Caller.Account, (*domain.Account).SignOutEverywhere)
		return struct{}{}, err
	}
	return struct{}{}, retry(ctx, func(ctx context.Context) error {
		months, err := k.eachOpen(ctx)
		if err != nil {
			return err
		}
		return k.endAll(ctx, months)
	})
}

// endAll ends sessions, with one append per month.
func (k *call) endAll(ctx context.Context, months []openSessions) error {
	ends := make([]*call, len(months))
	var appending errgroup.Group // none is cancelled if another fails
	for i, month := range months {
		if len(month.open) == 0 {
			continue
		}
		events := make([]any, len(month.open))
		for n, s := range month.open {
			events[n] = domain.SessionEnded{Session: s.Session}
		}
		ends[i] = &call{core: k.core, Request: k.Request, input: k.input, now: k.now, command: k.command, keyed: k.keyed}
		appending.Go(func() error {
			entries, err := ends[i].entries(ctx, month.head, about{}, events...)
			if err != nil {
				return err
			}
			_, err = ends[i].commit(ctx, month.head, entries)
			return err
		})
	}
	err := appending.Wait()
	for _, end := range ends {
		if end != nil && end.position.Compare(k.position) > 0 {
			k.position = end.position
		}
	}
	return err
}
