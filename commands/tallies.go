package commands

import (
	"slices"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"accountledger/domain"
)

// tallies counts attempts in memory until a step of them is recorded. A crash forgets less than a step of each.
type tallies struct {
	mu     sync.Mutex
	flying map[tallyKey]int // attempts whose outcome is not known yet
	// Counts of one are kept apart from others, so that attempts at very many things cannot push out the count of a thing that is attacked:
	// for that they would have to be attempted twice each.
	once, more *lru.Cache[tallyKey, *tally]
}

// tallyKey names what is limited in one period.
type tallyKey [16]byte

// tally is what one process counted and has not recorded.
type tally struct {
	n    int
	last time.Time // of the newest of them
	// recent are the times of the newest attempts, recorded or not, in seconds since 1970; the newest comes first.
	recent [domain.UnusualRefusals]int64
	// recorded is the stream as this process last appended to it: who read it before that does not know what has moved there.
	recorded *domain.Attempts
}

// talliesAtOnce bounds each of the two kinds of counts; each takes some 200 bytes.
const talliesAtOnce = 1 << 16

func newTallies(atOnce int) *tallies {
	return &tallies{flying: map[tallyKey]int{}, once: newCache[tallyKey, *tally](atOnce), more: newCache[tallyKey, *tally](atOnce)}
}

// of is a key's tally; one of nothing if there is none. The caller holds mu.
func (t *tallies) of(key tallyKey) *tally {
	if one, ok := t.more.Get(key); ok {
		return one
	}
	if one, ok := t.once.Get(key); ok {
		return one
	}
	return &tally{}
}

// put keeps a tally. The caller holds mu.
func (t *tallies) put(key tallyKey, one *tally) {
	if one.n < 2 && one.recorded == nil {
		t.once.Add(key, one)
		return
	}
	t.once.Remove(key)
	t.more.Add(key, one)
}

// reserve has an attempt count against all limits before it is made, or says how long to wait because one of them is reached.
func (t *tallies) reserve(all []*counter, now time.Time) (wait time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, s := range all {
		wait = max(wait, t.wait(s, now))
	}
	if wait > 0 {
		return wait
	}
	for _, s := range all {
		t.flying[s.today().key]++
	}
	return 0
}

// settle says how an attempt came out: it counts, or is given back. It reports which limits have a step to record.
func (t *tallies) settle(all []*counter, counts bool, now time.Time) (due []*counter) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, s := range all {
		key := s.today().key
		if t.flying[key]--; t.flying[key] <= 0 {
			delete(t.flying, key)
		}
		if counts && t.add(s, now) {
			due = append(due, s)
		}
	}
	return due
}

// count counts an attempt that was not reserved, and reports whether a step is to be recorded.
func (t *tallies) count(s *counter, now time.Time) (due bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.add(s, now)
}

func (t *tallies) add(s *counter, now time.Time) (due bool) {
	key := s.today().key
	before := t.of(key)
	one := &tally{n: before.n + 1, last: now, recorded: before.recorded}
	one.recent[0] = now.Unix()
	copy(one.recent[1:], before.recent[:])
	if s.over(before.last, now) {
		one.n = 1
	}
	t.put(key, one)
	return one.n >= s.step
}

// unrecorded is how many attempts wait to be recorded, and when the last of them was.
func (t *tallies) unrecorded(key tallyKey) (int, time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	one := t.of(key)
	return one.n, one.last
}

// moved says that a step is in the stream now.
func (t *tallies) moved(key tallyKey, n int, recorded *domain.Attempts) {
	t.mu.Lock()
	defer t.mu.Unlock()
	before := t.of(key)
	one := &tally{n: max(0, before.n-n), last: before.last, recorded: before.recorded, recent: before.recent}
	if one.recorded == nil || one.recorded.Applied < recorded.Applied {
		one.recorded = recorded
	}
	t.put(key, one)
}

// row is how many attempts there were since the last right one.
func (t *tallies) row(s *counter) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	one := t.of(s.today().key)
	return one.newest(s.today().state).Row + one.n
}

// lately reports whether so many attempts were made within a time as are unusual: by this process, or by others as far as they have recorded
// theirs. Those of the month before do not count.
func (t *tallies) lately(s *counter, within time.Duration, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	one := t.of(s.today().key)
	recorded := 0
	for _, c := range one.newest(s.today().state).Within(within, now) {
		recorded += c.N
	}
	return recorded >= domain.UnusualRefusals || one.recent[domain.UnusualRefusals-1] > now.Add(-within).Unix()
}

// limited reports whether a limit was reached today.
func (t *tallies) limited(s *counter) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.of(s.today().key).newest(s.today().state).Limited
}

// waits is how long until no limit is reached; 0 if none is.
func (t *tallies) waits(s *counter, now time.Time) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.wait(s, now)
}

// wait is how long until none of a counter's limits is reached; 0 if none is. The caller holds mu.
func (t *tallies) wait(s *counter, now time.Time) (wait time.Duration) {
	for _, most := range s.most {
		var counts []domain.AttemptsCounted
		flying, total := 0, 0
		for _, p := range s.periods {
			one := t.of(p.key)
			counts = append(counts, one.newest(p.state).Within(most.Window, now)...)
			if one.n > 0 && now.Sub(one.last) < most.Window {
				counts = append(counts, domain.AttemptsCounted{N: one.n, At: one.last})
			}
			flying += t.flying[p.key]
		}
		for _, c := range counts {
			total += c.N
		}
		if total+flying < most.Events {
			continue
		}
		wait = max(wait, time.Second) // if those in flight are given back
		slices.SortFunc(counts, func(a, b domain.AttemptsCounted) int { return a.At.Compare(b.At) })
		for _, c := range counts {
			if total < most.Events {
				break
			}
			total -= c.N
			wait = max(wait, min(c.At.Add(most.Window).Sub(now), most.Window))
		}
	}
	return wait
}

// newest is the newer of a stream as the caller has read it and as this process last appended to it.
func (o *tally) newest(read *domain.Attempts) *domain.Attempts {
	if o.recorded != nil && o.recorded.Applied > read.Applied {
		return o.recorded
	}
	return read
}
