package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"accountledger/projections/elastic"
	"accountledger/projections/view"
)

const (
	// sampleEvery is the time between two samples of the heap.
	sampleEvery = 100 * time.Millisecond
	// settled is how long writing goes on before and after the stall.
	settled = 5 * time.Second
	// stalledWriters write concurrently, in a loop.
	stalledWriters = 16
	// mebibyte is the unit of the curve.
	mebibyte = 1 << 20
)

// stalls watches the memory while many writers keep going and Elasticsearch does not
// answer. The control is the memory just before, while it does.
func stalls(ctx context.Context, s *stage, c config) ([]Row, error) {
	w := newBetween(s, c.url)
	timeout := max(c.stalled/5, time.Second)
	e := s.cluster(w.url(), func(o *elastic.Options) { o.Timeout = timeout })
	s.must(e.Remove(ctx, "people"))
	docs := crowd(stalledWriters * batchSize / 4)
	g := s.next(ctx, e)
	ctx, stop := context.WithCancel(ctx)
	var writing sync.WaitGroup
	s.Cleanup(func() { s.must(e.Remove(context.WithoutCancel(ctx), "people")) })
	s.Cleanup(func() { s.must(g.Close()) })
	s.Cleanup(func() { stop(); writing.Wait() })

	for batch := range slices.Chunk(docs, batchSize/4) {
		writing.Go(func() {
			for ctx.Err() == nil {
				for _, d := range batch {
					d.Position += int64(len(docs))
				}
				// A runner would retry without end, so this does too.
				for err := g.Write(ctx, view.Batch{Documents: batch}); errors.Is(err, view.ErrUnavailable); {
					err = g.Write(ctx, view.Batch{Documents: batch})
				}
			}
		})
	}
	pause(ctx, settled)
	debug.FreeOSMemory()
	var curve []float64
	watch := func(d time.Duration) {
		for end := time.Now().Add(d); time.Now().Before(end) && ctx.Err() == nil; pause(ctx, sampleEvery) {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			curve = append(curve, float64(m.HeapAlloc)/mebibyte)
		}
	}
	watch(settled)
	before := len(curve)
	release := w.stall()
	watch(c.stalled)
	during := slices.Clone(curve[before:])
	release()
	watch(settled)
	after := e.Stats()
	row := compared(fmt.Sprintf("heap while Elasticsearch stalls for %s, %d writers", c.stalled, stalledWriters), "MiB, max",
		slices.Max(during), slices.Max(curve[:before]), "no growth",
		fmt.Sprintf("least %.0f MiB; %d documents in memory throughout; %d stored, %d requests resent; `%s`",
			slices.Min(during), len(docs), after.Stored, after.Retries, spark(curve)))
	row.Curve, row.Every = curve, sampleEvery.Seconds()
	return []Row{row}, nil
}

// spark draws a curve in about 60 characters, from zero to its greatest value.
func spark(curve []float64) string {
	const width = 60
	bars := []rune("▁▂▃▄▅▆▇█")
	most := slices.Max(curve)
	var b strings.Builder
	for part := range slices.Chunk(curve, max(1, (len(curve)+width-1)/width)) {
		b.WriteRune(bars[min(len(bars)-1, int(slices.Max(part)/most*float64(len(bars))))])
	}
	return b.String()
}
