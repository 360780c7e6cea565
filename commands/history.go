package commands

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"accountledger/domain"
)

// HistoryEntry is one event about the caller, with its personal parts decrypted.
type HistoryEntry struct {
	ID      domain.EventID
	Type    string
	At      time.Time
	Actor   domain.ActorKind
	Channel domain.Channel
	Details jsontext.Value
}

// ListHistory asks for a page of the caller's history, the newest first.
type ListHistory struct {
	After HistoryPlace // the last entry of the page before; zero: from the newest on
	Most  int          // at least 1
}

// HistoryPlace is an entry's place in a history. It stays the same while others are added: entries are in the order of their times and, of
// one time, of their streams and versions.
type HistoryPlace struct {
	At      time.Time
	Stream  string
	Version int64
}

// History is a page of it.
type History struct {
	Entries []HistoryEntry
	Next    *HistoryPlace // nil on the last page
}

func placeOf(f domain.Fact) HistoryPlace { return HistoryPlace{f.At, f.Stream, f.Version} }

// compare is below 0 if p is older than another place.
func (p HistoryPlace) compare(other HistoryPlace) int {
	return cmp.Or(p.At.Compare(other.At), strings.Compare(p.Stream, other.Stream), cmp.Compare(p.Version, other.Version))
}

// history reads the caller's streams, so it is never stale, back to the event that opened the account. A page reads about as much as it shows,
// of however long streams.
func (k *call) history(ctx context.Context, in ListHistory) (History, error) {
	in.Most = max(1, in.Most)
	id := k.Caller.Account
	a, cached := k.accountStream(id).cached() // tells which streams there are, which rarely change
	if !cached {
		var err error
		if a, err = k.account(ctx, id); err != nil {
			return History{}, err
		}
	}
	for {
		out, now, err := k.historyBy(ctx, a, in)
		if err != nil || len(now.Proofs) == len(a.Proofs) && slices.Equal(now.Recoveries.Latest, a.Recoveries.Latest) &&
			now.FactorsAt == a.FactorsAt {
			return out, err
		}
		a = now
	}
}

// historyBy reads the streams that an account has by a state of it, and its state now.
func (k *call) historyBy(ctx context.Context, a *domain.Account, in ListHistory) (out History, now *domain.Account, err error) {
	streams := []string{domain.AccountStream(a.ID), domain.MissedStream(a.ID)}
	for _, id := range a.Recoveries.Latest {
		streams = append(streams, domain.RecoveryStream(id), domain.VerificationStream(domain.VerificationID(id)))
	}
	for _, id := range a.FactorIDs() {
		streams = append(streams, domain.FactorStream(id))
	}
	for _, id := range a.Proofs {
		streams = append(streams, domain.VerificationStream(id))
	}
	streams = append(streams, domain.SignUpStream(a.Opened.SignUp))
	months := k.historyMonths(a, in.After)
	var facts []domain.Fact
	for first := true; first || len(months) > 0; first = false {
		for len(months) > 0 && len(streams) < historyAtOnce {
			streams, months = append(streams, domain.SessionsStream(a.ID.UUID, months[0])), months[1:]
		}
		parts := make([][]domain.Fact, len(streams)+1)
		if err := k.besideEach(ctx, len(parts), func(ctx context.Context, i int) (err error) {
			if i < len(streams) {
				parts[i], err = k.older(ctx, streams[i], in)
			} else if first {
				now, err = k.account(ctx, a.ID)
			}
			return err
		}); err != nil {
			return out, nil, err
		}
		streams = nil
		facts = slices.Concat(append(parts, facts)...)
		slices.SortFunc(facts, func(x, y domain.Fact) int { return placeOf(y).compare(placeOf(x)) })
		facts = facts[:min(len(facts), in.Most+1)]
		if len(months) > 0 && len(facts) > in.Most && facts[in.Most].At.After(latestOf(months[0])) {
			break // nothing of earlier months is on this page
		}
	}
	if len(facts) > in.Most {
		facts = facts[:in.Most]
		last := placeOf(facts[in.Most-1])
		out.Next = &last
	}
	details, err := k.Journal.RevealAll(ctx, facts...)
	if err != nil {
		return out, nil, err
	}
	out.Entries = make([]HistoryEntry, len(facts))
	for i, f := range facts {
		out.Entries[i] = HistoryEntry{ID: f.ID, Type: f.Type, At: f.At, Actor: f.Actor.Kind, Channel: f.Channel, Details: details[i]}
	}
	return out, now, nil
}

// historyAtOnce is how many streams are read beside each other at most.
const historyAtOnce = 16

// historyMonths are the months in which sessions of an account can have started, up to a place; the newest first.
func (k *call) historyMonths(a *domain.Account, after HistoryPlace) []domain.Month {
	until := k.now.Add(domain.MaxAhead)
	if !after.At.IsZero() && after.At.Before(until) {
		until = after.At
	}
	months := monthsSince(a.OpenedFact.At, until)
	slices.Reverse(months)
	return months
}

// latestOf is when something can happen at the latest to the sessions that started in a month.
func latestOf(m domain.Month) time.Time {
	start, _ := time.Parse("2006-01", string(m)) // months are valid
	return start.AddDate(0, 1, 0).Add(domain.SessionLifetime + 24*time.Hour)
}

// older reads the newest facts of one stream that are older than a place: as many as a page has, and one more.
func (k *call) older(ctx context.Context, stream string, in ListHistory) (out []domain.Fact, err error) {
	all := k.Journal.ReadBack(ctx, stream)
	if !in.After.At.IsZero() {
		from, err := k.versionBefore(ctx, stream, in.After)
		if err != nil || from < 0 {
			return nil, err
		}
		all = k.Journal.ReadBackFrom(ctx, stream, from)
	}
	for rec, err := range all {
		if err != nil {
			return nil, err
		}
		if out = append(out, rec.Fact); len(out) > in.Most {
			break
		}
	}
	return out, nil
}

// versionBefore finds the newest version of a stream that is older than a place, -1 if there is none. Times never go back in a stream, so it
// reads only as many events as the stream's length has binary digits, and few if the place is near the end.
func (k *call) versionBefore(ctx context.Context, stream string, place HistoryPlace) (int64, error) {
	head, err := k.Journal.LastOf(ctx, stream)
	if err != nil || head.Version < 0 {
		return -1, err
	}
	older := func(version int64) (bool, error) {
		for rec, err := range k.Journal.ReadBackFrom(ctx, stream, version) {
			return err == nil && placeOf(rec.Fact).compare(place) < 0, err
		}
		return true, nil // nothing that can be read
	}
	newest, step := head.Version+1, int64(1) // not older
	low := int64(-1)
	for at := head.Version; at >= 0; at, step = at-step, step*2 {
		is, err := older(at)
		if err != nil {
			return -1, err
		}
		if is {
			low = at
			break
		}
		newest = at
	}
	for low+1 < newest {
		mid := (low + newest) / 2
		is, err := older(mid)
		if err != nil {
			return -1, err
		}
		if is {
			low = mid
		} else {
			newest = mid
		}
	}
	return low, nil
}
