package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"accountledger/consumers"
	"accountledger/domain"
	"accountledger/journal"
	"accountledger/projections"
	"accountledger/projections/projectiontest"
	"accountledger/projections/runner"
	"accountledger/projections/view"
)

// lags measures how long it takes from the commit of an event until a query of the
// real views finds it, while many others are committed: on a log in files, with
// both engines, one after the other. The first quarter of the time is left out:
// that is when the views are created and the engines warm up.
func lags(ctx context.Context, s *stage, c config) ([]Row, error) {
	cluster := s.cluster(c.url, nil)
	remove := func() {
		for _, d := range projections.All() {
			s.must(cluster.Remove(context.WithoutCancel(ctx), d.Name))
		}
	}
	remove()
	s.Cleanup(remove)
	onCluster, err := lagOf(ctx, s, c, func(*projectiontest.Ledger) view.Engine { return cluster })
	if err != nil {
		return nil, err
	}
	onFiles, err := lagOf(ctx, s, c, func(l *projectiontest.Ledger) view.Engine { return l.Engine })
	if err != nil {
		return nil, err
	}
	name := fmt.Sprintf("commit to searchable at %d commands/s: Elasticsearch, SQLite", c.rate)
	return []Row{compared(name, "ms p50", percentile(onCluster.times, 0.5), percentile(onFiles.times, 0.5), "side by side",
		fmt.Sprintf("p99 %.0f ms, %.0f ms; reached %.0f/s, %.0f/s; all %d views", percentile(onCluster.times, 0.99), percentile(onFiles.times, 0.99),
			onCluster.rate, onFiles.rate, len(projections.All())))}, nil
}

// lag is the result: how long the queried ones took, and how many commands per
// second were really committed.
type lag struct {
	times []time.Duration
	rate  float64
}

const (
	// committers commit commands concurrently, each with its share of the rate.
	committers = 16
	// askEvery is after how many commands one is waited for.
	askEvery = 50
)

func lagOf(ctx context.Context, s *stage, c config, choose func(*projectiontest.Ledger) view.Engine) (seen lag, err error) {
	l := projectiontest.New(s)
	views, err := runner.OpenViews(ctx, choose(l), l.Journal, l.Logger, projections.All())
	if err != nil {
		return seen, err
	}
	r, err := consumers.New(consumers.Options{Journal: l.Journal, Log: l.Logger, Now: time.Now}, views.Consumers()...)
	if err != nil {
		return seen, errors.Join(err, views.Close())
	}
	ended := make(chan error, 1)
	go func() { ended <- r.Run(context.WithoutCancel(ctx)) }()
	defer func() { err = errors.Join(err, r.Close(), <-ended, views.Close()) }()

	var mu sync.Mutex
	sending, ctx := errgroup.WithContext(ctx)
	each := time.Duration(committers) * time.Second / time.Duration(c.rate)
	count := int(c.length / each)
	began := time.Now()
	for w := range committers {
		sending.Go(func() error {
			var waiting errgroup.Group
			commit := committer(l.Journal)
			for n := range count {
				at, err := commit(ctx)
				if err != nil {
					return err
				}
				if n >= count/4 && (n*committers+w)%askEvery == 0 {
					committed := time.Now()
					waiting.Go(func() error {
						// The largest view: it has a document for each event.
						if err := r.WaitFor(ctx, "activity", at); err != nil {
							return err
						}
						mu.Lock()
						defer mu.Unlock()
						seen.times = append(seen.times, time.Since(committed))
						return nil
					})
				}
				pause(ctx, time.Until(began.Add(time.Duration(n+1)*each)))
			}
			return waiting.Wait()
		})
	}
	err = sending.Wait()
	seen.rate = float64(count*committers) / time.Since(began).Seconds() // including the last ones' wait for the views
	return seen, err
}

// streamLength is after how many events a committer starts another stream.
const streamLength = 20

// committer commits one event after another, to its own streams.
func committer(j *journal.Journal) func(context.Context) (journal.Position, error) {
	var head journal.Head
	version := streamLength
	return func(ctx context.Context) (at journal.Position, err error) {
		if version == streamLength {
			head, version = journal.NoStream(domain.VerificationStream(domain.VerificationID{UUID: uuid.New()})), 0
		}
		version++
		done, err := j.Append(ctx, head, journal.Entry{
			ID: domain.EventID{UUID: uuid.New()}, Event: domain.VerificationFailed{Issue: 1, Try: version, Purpose: domain.VerifySignUp,
				RequestedOn: domain.DayOf(time.Now())},
			Metadata: domain.Metadata{At: time.Now().UTC(), Actor: domain.Actor{Kind: domain.ActorGuest}, Channel: domain.ChannelAPI, Region: "DE"},
		})
		head = done.Head
		return done.Position, err
	}
}

func pause(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
