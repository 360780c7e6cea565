package esdb

import (
	"sync"
	"time"
)

// times are the timings of the watch over a node and of the fence, the same in every process that writes a log. Only tests change them.
type times struct {
	// lookEvery is how often a node is asked for the fence, lookLife how long an append may rely on one look, counted from the
	// question: more than twice as long as a slow but working node takes to answer.
	lookEvery, lookLife time.Duration
	// silence is how long a node that owes an answer may send nothing before it is given up.
	silence time.Duration
	// slow is how long a look may take before there is a warning.
	slow time.Duration
	// close is how long Close waits for appends under way.
	close time.Duration
}

func defaultTimes() times {
	return times{lookEvery: 300 * time.Millisecond, lookLife: defaultLookLife, silence: 3 * time.Second, slow: 250 * time.Millisecond, close: 5 * time.Second}
}

const (
	defaultLookLife = 5 * time.Second
	// appendLife bounds one attempt of an append, whatever CallTimeout is.
	appendLife = 5 * time.Second
	// serverLife is how long a server goes on with an append after its client has given up: it has two
	// seconds for each of the two phases.
	serverLife = 4 * time.Second
	// DefaultFenceWait is the sum.
	DefaultFenceWait = defaultLookLife + appendLife + serverLife

	// slowLooks is how many in a row must be slow: one may be due to a pause of our own.
	slowLooks = 3
	// warnEvery is the time between two warnings about a slow node.
	warnEvery = time.Minute
)

// watchNode starts, with the first call, to look at the fence regularly while the store is open, so that appends need not,
// and so that a silent node is given up before callers run out of time.
func (s *Store) watchNode() {
	s.watching.Do(func() {
		if s.begin(s.ctx, &s.feeds) != nil {
			return
		}
		go func() {
			defer s.feeds.Done()
			w := &watch{Store: s}
			w.run()
		}()
	})
}

// watch is the watch over the node that appends go to.
type watch struct {
	*Store
	looks sync.WaitGroup
	quiet int       // how many turns in a row have found the node silent
	tried time.Time // when a denied right was last tested

	mu     sync.Mutex
	slow   int // how many looks in a row were slow
	warned time.Time
}

func (w *watch) run() {
	defer w.looks.Wait()
	ticker := time.NewTicker(w.opts.times.lookEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			w.turn()
		case <-w.ctx.Done():
			return
		}
	}
}

// turn starts a look at the node, if there is one, whether or not earlier ones have been answered. A node found silent on two turns
// is given up, in all links: after a pause of this process's own, the first turn finds everything silent.
func (w *watch) turn() {
	n := w.leader.current()
	if n == nil {
		return
	}
	if !n.silent(w.opts.times.silence) {
		w.quiet = 0
	} else if w.quiet++; w.quiet > 1 {
		w.quiet = 0
		w.leader.cut(n)
		w.readers.cutAt(n.at.address)
		w.leader.release(n)
		return
	}
	try := time.Since(w.tried) > triedEvery
	if try {
		w.tried = time.Now()
	}
	n.looks.Add(1)
	w.looks.Go(func() {
		defer w.leader.release(n)
		defer n.looks.Add(-1)
		begun := time.Now()
		_, err := w.look(w.ctx, n)
		w.blame(w.ctx, w.leader, n, err)
		w.took(time.Since(begun), err)
		if try && err == nil {
			w.tryRight(w.ctx, n)
		}
	})
}

// took warns about a slow node.
func (w *watch) took(d time.Duration, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err != nil || d < w.opts.times.slow {
		w.slow = 0
		return
	}
	if w.slow++; w.slow >= slowLooks && (w.warned.IsZero() || time.Since(w.warned) > warnEvery) {
		w.warned = time.Now()
		w.log.Warn("EventStoreDB answers slowly", "latency", d.Round(time.Millisecond).String())
	}
}
