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
	if k.Caller.Actor.Kind == domain.ActorStaff {
		s, err := stateOf(ctx, k.staffStream(k.Caller.Staff))
		if err != nil {
			return -1, err
		}
		return s.EverywhereAt, nil
	}
	a, err := k.account(ctx, k.Caller.Account)
	if err != nil {
		return -1, err
	}
	return a.EverywhereAt, nil
}

// monthSessions are the caller's sessions that started in one month.
type monthSessions struct {
	month domain.Month
	all   *domain.Sessions
	open  []*domain.Session
}

// eachMonth reads the caller's sessions, month by month.
func (k *call) eachMonth(ctx context.Context) ([]monthSessions, error) {
	months := k.months()
	out := make([]monthSessions, len(months))
	everywhere := int64(-1)
	err := k.besideEach(ctx, 1+len(months), func(ctx context.Context, i int) (err error) {
		if i == len(months) {
			everywhere, err = k.everywhereAt(ctx)
			return err
		}
		out[i].month = months[i]
		out[i].all, err = stateOf(ctx, k.ownSessions(months[i]))
		return err
	})
	if err != nil {
		return nil, err
	}
	for i := range out {
		out[i].open = k.open(out[i].all, everywhere)
	}
	return out, nil
}

func (k *call) ownSessions(month domain.Month) stream[*domain.Sessions] {
	return k.sessionsStream(k.Caller.Actor.ID.UUID, month)
}

// open lists the open ones among sessions.
func (k *call) open(sessions *domain.Sessions, everywhere int64) []*domain.Session {
	var out []*domain.Session
	for _, s := range sessions.All {
		if s.Open(everywhere, k.now) {
			out = append(out, s)
		}
	}
	return out
}

// listSessions lists the caller's open sessions, newest first.
func (k *call) listSessions(ctx context.Context, _ struct{}) ([]Session, error) {
	months, err := k.eachMonth(ctx)
	if err != nil {
		return nil, err
	}
	var o opening
	out := k.sessionsOf(&o, months)
	return out, o.open(ctx, k.Journal)
}

// sessionsOf lists the open ones, newest first, and adds the clients to show.
func (k *call) sessionsOf(o *opening, months []monthSessions) []Session {
	var open []*domain.Session
	for _, month := range months {
		open = append(open, month.open...)
	}
	if len(open) == 0 {
		return nil
	}
	slices.SortFunc(open, func(a, b *domain.Session) int { return b.Fact.At.Compare(a.Fact.At) })
	out := make([]Session, len(open))
	for i, s := range open {
		out[i] = Session{ID: s.Session, Began: s.Fact.At, Expires: s.Expires, Current: s.Session == k.Caller.Session}
		show(o, s.Fact, s.Client, func(c domain.ClientInfo) { out[i].Client = c })
	}
	return out
}

// EndSession ends one of the caller's sessions. Somebody else's is answered like one that does not exist.
type EndSession struct {
	ID domain.SessionID `json:"id"`
}

func (k *call) endSession(ctx context.Context, in EndSession) (struct{}, error) {
	months, err := k.eachMonth(ctx)
	if err != nil {
		return struct{}{}, err
	}
	at := slices.IndexFunc(months, func(m monthSessions) bool { return m.all.All[in.ID] != nil })
	if at < 0 {
		return struct{}{}, domain.ErrNotFound
	}
	found := months[at].all.All[in.ID].Fact
	_, err = k.end(months[at].month, about{subject: found.Subject, region: found.Region}, func(open []*domain.Session) ([]any, error) {
		if !slices.ContainsFunc(open, func(s *domain.Session) bool { return s.Session == in.ID }) {
			return nil, domain.ErrNotFound
		}
		return []any{domain.SessionEnded{Session: in.ID, Reason: domain.SessionSignedOut}}, nil
	}).by(ctx, k)
	return struct{}{}, err
}

// end is a change of the caller's sessions of one month, given the open ones.
func (k *call) end(month domain.Month, a about, decide func(open []*domain.Session) ([]any, error)) change[*domain.Sessions] {
	return change[*domain.Sessions]{stream: k.ownSessions(month), about: concerning[*domain.Sessions](a),
		decide: func(ctx context.Context, s *domain.Sessions, _ journal.Head) ([]any, error) {
			everywhere, err := k.everywhereAt(ctx)
			if err != nil {
				return nil, err
			}
			return decide(k.open(s, everywhere))
		}}
}

// signOutEverywhere ends all sessions: a person's by one event of the account, an officer's one by one.
func (k *call) signOutEverywhere(ctx context.Context, _ struct{}) (struct{}, error) {
	if k.Caller.Actor.Kind == domain.ActorPerson {
		_, err := k.change(ctx, k.Caller.Account, (*domain.Account).SignOutEverywhere)
		return struct{}{}, err
	}
	months, err := k.eachMonth(ctx)
	if err != nil {
		return struct{}{}, err
	}
	return struct{}{}, k.endAll(ctx, months)
}

// endAll ends sessions, with one append per month.
func (k *call) endAll(ctx context.Context, months []monthSessions) error {
	ends := make([]*call, len(months))
	var appending errgroup.Group // none is cancelled if another fails
	for i, m := range months {
		if len(m.open) == 0 {
			continue
		}
		end := *k
		ends[i] = &end
		appending.Go(func() error {
			ending := end.end(m.month, about{}, func(open []*domain.Session) ([]any, error) {
				events := make([]any, len(open))
				for n, s := range open {
					events[n] = domain.SessionEnded{Session: s.Session, Reason: domain.SessionSignedOutEverywhere}
				}
				return events, nil
			})
			ending.mayKeep = true // they have ended meanwhile
			_, err := ending.by(ctx, &end)
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
