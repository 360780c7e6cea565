package commands

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"accountledger/domain"
)

// unusual says for which reasons a sign-in with the right password is unusual, besides that its client is new: none for a client that is
// known. guessed: there were too many wrong passwords in a row.
func (k *call) unusual(ctx context.Context, in beginning, counters *signInCounters, guessed bool) ([]domain.Unusual, error) {
	known, err := k.knowsClient(ctx, in.holder, in.client)
	if err != nil || known || k.Channel == domain.ChannelConsole { // a command is no client
		return nil, err
	}
	earlier, err := k.earlierSessions(ctx, in.id)
	if err != nil {
		return nil, err
	}
	clients, err := stateOf(ctx, k.clientsStream(in.id))
	if err != nil {
		return nil, err
	}
	var why []domain.Unusual
	if guessed {
		why = append(why, domain.UnusualGuessed)
	}
	abroad, err := k.abroad(ctx, earlier)
	if err != nil {
		return nil, err
	}
	if abroad {
		why = append(why, domain.UnusualCountry)
	}
	if k.tallies.lately(counters.row, domain.UnusualRefusedFor, k.now) {
		why = append(why, domain.UnusualRefused)
	}
	since := k.now.Add(-domain.UnusualLongAgoFor)
	if clients.Since(since) && !slices.ContainsFunc(earlier, func(s *domain.Session) bool { return s.Fact.At.After(since) }) {
		why = append(why, domain.UnusualLongAgo)
	}
	if counters.network != nil && k.tallies.limited(counters.network) {
		why = append(why, domain.UnusualNetwork)
	}
	return why, nil
}

// earlierSessions are those that an owner started lately, the newest first: at least for as long as unusual looks back.
func (k *call) earlierSessions(ctx context.Context, owner uuid.UUID) ([]*domain.Session, error) {
	months := monthsSince(k.now.Add(-domain.UnusualLongAgoFor), k.now)
	found := make([]*domain.Sessions, len(months))
	if err := k.besideEach(ctx, len(months), func(ctx context.Context, i int) (err error) {
		found[i], err = stateOf(ctx, k.sessionsStream(owner, months[i]))
		return err
	}); err != nil {
		return nil, err
	}
	var out []*domain.Session
	for _, month := range found {
		for _, s := range month.All {
			out = append(out, s)
		}
	}
	slices.SortFunc(out, func(a, b *domain.Session) int { return b.Fact.At.Compare(a.Fact.At) })
	return out, nil
}

// monthsSince are the months from one time to another, the oldest first.
func monthsSince(from, to time.Time) []domain.Month {
	var out []domain.Month
	for t := time.Date(from.UTC().Year(), from.UTC().Month(), 1, 0, 0, 0, 0, time.UTC); !t.After(to); t = t.AddDate(0, 1, 0) {
		out = append(out, domain.MonthOf(t))
	}
	return out
}

// comparedMost is how many earlier sessions are opened to compare their countries.
const comparedMost = 500

// abroad reports whether the client is in another country than all that are known of earlier sessions. Countries are personal: those of
// earlier sessions are opened for this, and no event tells one. Where nothing is known to compare with, nobody is abroad.
func (k *call) abroad(ctx context.Context, earlier []*domain.Session) (bool, error) {
	here := k.clientInfo().Country
	if here == "" {
		return false, nil
	}
	var o opening
	known, same := false, false
	for _, s := range earlier[:min(len(earlier), comparedMost)] {
		lately := k.now.Sub(s.Fact.At) < domain.UnusualCountryFor
		show(&o, s.Fact, s.Client, func(c domain.ClientInfo) {
			known = known || c.Country != ""
			same = same || lately && c.Country == here
		})
	}
	err := o.open(ctx, k.Journal)
	return known && !same, err
}

// renewedBeside is renewed; for a client that is not known it reads beside that what unusual looks at.
func (k *call) renewedBeside(ctx context.Context, who holder, unknown bool) (now holder, err error) {
	if !unknown {
		return k.renewed(ctx, who)
	}
	err = k.beside(ctx, func(ctx context.Context) error {
		_, err := k.earlierSessions(ctx, who.id)
		return err
	}, func(ctx context.Context) (err error) {
		now, err = k.renewed(ctx, who)
		return err
	})
	return now, err
}
