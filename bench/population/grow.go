package population

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"accountledger/domain"
	"accountledger/journal"
	"accountledger/simulate"
)

// Options of a population.
type Options struct {
	// People is how many sign up. Some of them never verify it, and a few are too young.
	People int
	Seed   uint64
	// Writers is how many append concurrently; 256 if it is 0.
	Writers int
	// Begin is when the first signs up, and Span the time over which all of them do.
	Begin time.Time
	Span  time.Duration
	// Keys creates keys in advance, many in one step, where the journal would create them one person at a time; may be nil.
	Keys func(ctx context.Context, names ...string) error
	// Progress is called now and then with how many people have signed up; may be nil. Many goroutines call it.
	Progress func(people int)
}

// Sum counts what was created.
type Sum struct {
	People, Accounts, Events int64
}

// Grow appends a population to a journal: sign-ups and their messages, accounts, sessions, decisions on permissions, devices, and
// queries of services. There are about fourteen events for each person who signs up. Later visits of earlier people are mixed with the
// sign-ups of others, by their time; what comes after the span is not played.
func Grow(ctx context.Context, j *journal.Journal, o Options) (Sum, error) {
	if o.Writers < 1 {
		o.Writers = 256
	}
	o.Writers = min(o.Writers, max(o.People, 1))
	if o.Begin.IsZero() {
		o.Begin = time.Date(2026, 1, 5, 6, 0, 0, 0, time.UTC)
	}
	if o.Span <= 0 {
		o.Span = 90 * 24 * time.Hour
	}
	notices, events, err := publish(ctx, j, &o)
	if err != nil {
		return Sum{}, err
	}
	everybody := simulate.NewPopulation(o.Seed, "bench", o.Begin)
	var (
		running sync.WaitGroup
		people  atomic.Int64
		writers = make([]*writer, o.Writers)
		errs    = make([]error, o.Writers)
	)
	for i := range writers {
		writers[i] = newWriter(j, &o, i, everybody, notices)
		running.Go(func() { errs[i] = writers[i].run(ctx, &people) })
	}
	running.Wait()
	sum := Sum{People: people.Load(), Events: events}
	for _, w := range writers {
		sum.Accounts += w.accounts
		sum.Events += w.events
	}
	return sum, errors.Join(errs...)
}

// describe describes the controller.
func describe(ctx context.Context, j *journal.Journal, o *Options) (*domain.Controllers, int64, error) {
	var c domain.Controllers
	events, err := c.Describe(domain.Controller{ID: "bench", Name: "Bench", Address: "1 Bench Street", Contact: "privacy@bench.test", Jurisdiction: "DE",
		Places: []domain.Region{"DE"}})
	if err != nil {
		return nil, 0, fmt.Errorf("population: controller: %w", err)
	}
	done, err := j.Append(ctx, journal.NoStream(domain.ControllerStream), journal.Entry{Event: events[0],
		ID:       domain.EventID{UUID: roll(dice(o.Seed, len(domain.TheCatalogue().Permissions), ofNotices))},
		Metadata: domain.Metadata{At: o.Begin, Actor: domain.Actor{Kind: domain.ActorSystem}, Channel: domain.ChannelProcess}})
	if err != nil {
		return nil, 0, fmt.Errorf("population: controller: %w", err)
	}
	return &c, 1, c.Apply(done.Facts[0])
}

// publish publishes the catalogue's notices for every permission.
func publish(ctx context.Context, j *journal.Journal, o *Options) (map[domain.Permission]domain.PublishedNotice, int64, error) {
	found := map[domain.Permission]domain.PublishedNotice{}
	by, events, err := describe(ctx, j, o)
	if err != nil {
		return nil, 0, err
	}
	for i, p := range domain.TheCatalogue().Permissions {
		var n domain.Notices
		var entries []journal.Entry
		ids := dice(o.Seed, i, ofNotices)
		for _, e := range n.Missing(by, domain.TheCatalogue(), p) {
			entries = append(entries, journal.Entry{ID: domain.EventID{UUID: roll(ids)}, Event: e,
				Metadata: domain.Metadata{At: o.Begin, Actor: domain.Actor{Kind: domain.ActorSystem}, Channel: domain.ChannelProcess}})
		}
		done, err := j.Append(ctx, journal.NoStream(domain.NoticeStream(p.Key)), entries...)
		if err != nil {
			return nil, 0, fmt.Errorf("population: notices: %w", err)
		}
		events += int64(len(entries))
		for _, f := range done.Facts {
			if err := n.Apply(f); err != nil {
				return nil, 0, fmt.Errorf("population: notices: %w", err)
			}
		}
		found[p.Key], _ = n.Current("en")
	}
	return found, events, nil
}
