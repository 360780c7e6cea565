package consumers

import (
	"context"
	"errors"
	"math"
	"sync"
	"time"

	"accountledger/leases"
)

// looks is how often in a lease's time it is looked who holds what, and patient how many times a lease is seen free before
// a process takes it that has its part already: nobody else wants it.
const looks, patient = 10, 3

// balance takes leases for the consumers that are to have one, and gives back what is others' part, until it is stopped
// or the runner closes.
func (r *Runner) balance(ctx context.Context) (stop func()) {
	var shared []*worker
	for _, w := range r.workers {
		if w.leased() != "" {
			w.set(Elsewhere, "it has not been looked yet who works on it")
			shared = append(shared, w)
		}
	}
	if len(shared) == 0 {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	running.Go(func() {
		select {
		case <-r.closing:
			cancel()
		case <-ctx.Done():
		}
	})
	running.Go(func() {
		tick := time.NewTicker(r.Leases.TTL() / looks)
		defer tick.Stop()
		joined := false
		for {
			if !joined {
				joined = r.Leases.Join(ctx) == nil
			}
			r.share(ctx, shared)
			select {
			case <-tick.C:
			case <-ctx.Done():
				return
			}
		}
	})
	return func() {
		cancel()
		running.Wait()
		for _, w := range shared {
			w.decline(ctx)
		}
	}
}

// share looks once.
func (r *Runner) share(ctx context.Context, shared []*worker) {
	table, err := r.Leases.Look(ctx)
	if err != nil {
		for _, w := range shared {
			w.elsewhere("it cannot be asked who works on it: " + err.Error())
		}
		return
	}
	mine := 0
	for _, w := range shared {
		if w.has() {
			mine++
		}
	}
	members := max(table.Members, 1)
	target := (len(shared) + members - 1) / members
	for _, w := range shared {
		row, _ := table.Find(w.leased())
		if w.has() {
			continue
		}
		if row.Holder != "" {
			w.elsewhere(workedOn(row.Holder))
			w.seenFree(false)
			continue
		}
		w.elsewhere(workedOn(""))
		if long := w.seenFree(true) > patient*r.Leases.TTL()/looks; (mine < target || long) && w.acquire(ctx) {
			mine++
		}
	}
	if spare := mine - target; spare > 0 && othersHaveLess(table, members, r.Leases.Label()) {
		giveUp(shared, spare)
	}
}

// othersHaveLess says whether another process has so much less that it takes what is given back. One that runs
// other consumers, as another version does, has its own.
func othersHaveLess(t leases.Table, members int, label string) bool {
	counts := map[string]int{}
	for _, row := range t.Leases {
		if row.Holder != "" {
			counts[row.Holder]++
		}
	}
	mine := counts[label]
	if delete(counts, label); len(counts) < members-1 {
		return true
	}
	least := math.MaxInt
	for _, n := range counts {
		least = min(least, n)
	}
	return least < mine-1
}

// giveUp gives back what was held longest.
func giveUp(shared []*worker, spare int) {
	for ; spare > 0; spare-- {
		var oldest *worker
		var since time.Time
		for _, w := range shared {
			w.mu.Lock()
			candidate := w.lease != nil && !w.leaving && (oldest == nil || w.taken.Before(since))
			if candidate {
				oldest, since = w, w.taken
			}
			w.mu.Unlock()
		}
		if oldest == nil {
			return
		}
		oldest.leave()
	}
}

// has says whether the consumer's lease is held here and kept.
func (w *worker) has() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.lease != nil && !w.leaving
}

// elsewhere tells why the consumer does not work here.
func (w *worker) elsewhere(reason string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.lease == nil {
		w.become(Elsewhere, reason)
	}
}

// seenFree notes whether the lease was seen free, and gives for how long it has been.
func (w *worker) seenFree(free bool) time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case !free:
		w.free = time.Time{}
		return 0
	case w.free.IsZero():
		w.free = time.Now()
	}
	return time.Since(w.free)
}

// acquire takes the lease, unless it was not given back yet by the period before.
func (w *worker) acquire(ctx context.Context) bool {
	w.mu.Lock()
	busy := w.lease != nil
	w.mu.Unlock()
	if busy {
		return false
	}
	lease, err := w.runner.Leases.Acquire(ctx, w.leased())
	if err != nil {
		if !errors.Is(err, leases.ErrHeld) && ctx.Err() == nil {
			w.elsewhere("its lease cannot be taken: " + err.Error())
		}
		return false
	}
	w.mu.Lock()
	w.lease, w.leaving, w.taken = lease, false, time.Now()
	w.become(Waiting, "it begins at its checkpoint")
	w.mu.Unlock()
	w.log.Info("consumer works here", "lease", lease.Name(), "epoch", lease.Epoch())
	w.offered <- lease
	return true
}
