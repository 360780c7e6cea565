package main

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Rate is what one round measured.
type Rate struct {
	PerSecond float64
	P99       time.Duration
}

// load has many writers repeat an operation for a time and measures it. Each writer
// gets its number and the number of its operation. The first error ends the round.
func load(ctx context.Context, writers int, d time.Duration, op func(ctx context.Context, writer, n int) error) (Rate, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var (
		group   sync.WaitGroup
		stop    atomic.Bool
		samples = make([][]time.Duration, writers)
	)
	began := time.Now()
	for w := range writers {
		group.Add(1)
		go func() {
			defer group.Done()
			for n := 0; !stop.Load() && ctx.Err() == nil; n++ {
				start := time.Now()
				if err := op(ctx, w, n); err != nil {
					cancel(err)
					return
				}
				samples[w] = append(samples[w], time.Since(start))
			}
		}()
	}
	timer := time.AfterFunc(d, func() { stop.Store(true) })
	defer timer.Stop()
	group.Wait()
	took := time.Since(began)
	if err := context.Cause(ctx); err != nil {
		return Rate{}, err
	}
	all := slices.Concat(samples...)
	return Rate{float64(len(all)) / took.Seconds(), percentile(all, 0.99)}, nil
}

// percentile sorts its argument.
func percentile(d []time.Duration, p float64) time.Duration {
	if len(d) == 0 {
		return 0
	}
	slices.Sort(d)
	return d[min(len(d)-1, int(p*float64(len(d))))]
}

// median of several rounds, of rate and latency each.
func median(rounds []Rate) Rate {
	rates, p99s := make([]float64, len(rounds)), make([]time.Duration, len(rounds))
	for i, r := range rounds {
		rates[i], p99s[i] = r.PerSecond, r.P99
	}
	slices.Sort(rates)
	slices.Sort(p99s)
	return Rate{rates[len(rates)/2], p99s[len(p99s)/2]}
}
