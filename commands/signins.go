package commands

import (
	"cmp"
	"context"
	"slices"
	"time"

	"accountledger/domain"
)

// ListSignIns lists the caller's sign-ins, the newest first.
type ListSignIns struct {
	After SignInPlace // the last one of the page before; zero: from the newest on
	Most  int
}

// SignInPlace is a sign-in's place in the list. It stays the same while others are added.
type SignInPlace struct {
	Month   domain.Month
	Version int64
}

// SignIns is a page of them.
type SignIns struct {
	SignIns []PastSignIn
	Next    *SignInPlace // nil on the last page
}

// PastSignIn is one sign-in, and what became of its session.
type PastSignIn struct {
	Session   domain.SessionID
	At        time.Time
	Expires   time.Time
	Level     domain.Level // at the sign-in, like Methods
	Methods   []domain.AuthMethod
	NewClient bool
	Unusual   []domain.Unusual
	Client    domain.ClientInfo    // empty once the month's key is destroyed
	RaisedAt  time.Time            // when its owner last proved again who they are; zero: not since
	Ended     domain.SessionEnding // "" while it is open
	EndedAt   time.Time            // zero if that is not known
	Current   bool
}

// listSignIns reads the streams of the caller's sessions, so it is never stale: of all months whose keys are not destroyed by time.
func (k *call) listSignIns(ctx context.Context, in ListSignIns) (SignIns, error) {
	id := k.Caller.Account
	a, cached := k.accountStream(id).cached() // tells when it was opened, which does not change
	if !cached {
		var err error
		if a, err = k.account(ctx, id); err != nil {
			return SignIns{}, err
		}
	}
	months := k.signInMonths(a, in.After)
	found := make([]*domain.Sessions, len(months))
	everywhere := int64(-1)
	if err := k.besideEach(ctx, len(months)+1, func(ctx context.Context, i int) (err error) {
		if i == len(months) {
			everywhere, err = k.everywhereAt(ctx)
			return err
		}
		found[i], err = stateOf(ctx, k.ownSessions(months[i]))
		return err
	}); err != nil {
		return SignIns{}, err
	}
	var page []*domain.Session
	var places []SignInPlace
	for i, month := range months { // the newest first
		all := make([]*domain.Session, 0, len(found[i].All))
		for _, s := range found[i].All {
			if month != in.After.Month || s.Fact.Version < in.After.Version {
				all = append(all, s)
			}
		}
		slices.SortFunc(all, func(x, y *domain.Session) int { return cmp.Compare(y.Fact.Version, x.Fact.Version) })
		for _, s := range all {
			page, places = append(page, s), append(places, SignInPlace{month, s.Fact.Version})
		}
	}
	var out SignIns
	if in.Most > 0 && len(page) > in.Most {
		page, out.Next = page[:in.Most], &places[in.Most-1]
	}
	var o opening
	out.SignIns = make([]PastSignIn, len(page))
	for i, s := range page {
		out.SignIns[i] = k.pastSignIn(s, everywhere)
		show(&o, s.Fact, s.Client, func(c domain.ClientInfo) { out.SignIns[i].Client = c })
	}
	return out, o.open(ctx, k.Journal)
}

// signInMonths are the months in which an account's sessions can have started whose clients can be read, up to a place; the newest first.
func (k *call) signInMonths(a *domain.Account, after SignInPlace) []domain.Month {
	first := time.Date(k.now.Year(), k.now.Month(), 1, 0, 0, 0, 0, time.UTC).AddDate(0, -MonthKeyLifetime, 0)
	if opened := a.OpenedFact.At; opened.After(first) {
		first = opened
	}
	months := monthsSince(first, k.now.Add(domain.MaxAhead)) // a session can be from another process's clock
	slices.Reverse(months)
	return slices.DeleteFunc(months, func(m domain.Month) bool { return after.Month != "" && m > after.Month })
}

func (k *call) pastSignIn(s *domain.Session, everywhere int64) PastSignIn {
	out := PastSignIn{Session: s.Session, At: s.Fact.At, Expires: s.Expires, Level: s.SessionStarted.Level, Methods: s.SessionStarted.Methods,
		NewClient: s.NewClient, Unusual: s.Unusual, Current: s.Session == k.Caller.Session}
	if s.ProvedAt.After(s.Fact.At) {
		out.RaisedAt = s.ProvedAt
	}
	var restored time.Time
	if at := k.restored.Load(); at != nil {
		restored = at.time
	}
	out.Ended, out.EndedAt = s.Ending(everywhere, restored, k.now)
	return out
}
