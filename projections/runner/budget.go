package runner

import (
	"context"
	"sync"

	"accountledger/journal"
)

// Budget is the memory that filling views may take in this process, shared by all who fill: the views that are lost,
// rebuilds, comparisons. It lets as many views be filled at once as it has room for; the others wait for their turn. It is safe for
// concurrent use. A nil one bounds nothing.
type Budget struct {
	share int64
	// room has an element for each view that is being filled.
	room chan struct{}

	mu       sync.Mutex
	underway []*run
}

const (
	// shareLeast is the memory with which filling a view keeps to its share, and shareGood that for which a view waits rather than being
	// filled beside the others with less; with shareMost nothing is left to be faster.
	shareLeast, shareGood, shareMost = 8 << 20, 40 << 20, 256 << 20
	// ofEngine of every ofShare bytes are the engine's.
	ofEngine, ofShare = 3, 4
)

// LeastBudget is the least, in bytes, with which filling keeps to a budget: below it, what cannot be done without is more.
const LeastBudget = shareLeast

// MostBudget is the memory, in bytes, with which so many views are filled as fast as can be.
func MostBudget(views int) int64 { return int64(views) * shareMost }

// NewBudget gives a budget in bytes for so many views. 0 bounds nothing.
func NewBudget(bytes int64, views int) *Budget {
	if bytes <= 0 {
		return nil
	}
	together := min(max(int(bytes/shareGood), 1), max(views, 1))
	return &Budget{share: min(bytes/int64(together), shareMost), room: make(chan struct{}, together)}
}

// Together is how many views may be filled at once, 0 for any number.
func (b *Budget) Together() int {
	if b == nil {
		return 0
	}
	return cap(b.room)
}

// EngineShare is what the engine may take for each generation that is being filled, in bytes; 0: as much as it likes.
func (b *Budget) EngineShare() int64 {
	if b == nil {
		return 0
	}
	return max(b.share*ofEngine/ofShare, 1)
}

// limits gives what the folding of one view may take.
func (b *Budget) limits() limits {
	if b == nil {
		return fastest()
	}
	return within(b.share - b.EngineShare())
}

// take waits for room for one view, and gives for how many there was, up to so many.
func (b *Budget) take(ctx context.Context, views int) (n int, release func(), err error) {
	if b == nil {
		return views, func() {}, nil
	}
	select {
	case b.room <- struct{}{}:
	case <-ctx.Done():
		return 0, nil, ctx.Err()
	}
	for n = 1; n < views; n++ {
		select {
		case b.room <- struct{}{}:
			continue
		default:
		}
		break
	}
	return n, func() {
		for range n {
			<-b.room
		}
	}, nil
}

// Stages are what is done once a generation is filled, each with its place among those that are, and in a goroutine of its own.
type Stages struct {
	// Filled is told of Fill's error while there still is room for the view: it is the place for EndFill. Its error is what Ended is
	// told, which comes after the room was given back and may wait for others who need it. Ended is called for every generation.
	Filled func(n int, err error) error
	Ended  func(n int, err error)
}

// Each fills generations as Fill does, as many at once as there is room for, until all have ended. why says what it is
// for, to callers that ask for the progress. What ctx leaves no time for ends with its error.
func (b *Budget) Each(ctx context.Context, j *journal.Journal, why Why, all []*Filling, s Stages) {
	r := b.enter(why, all)
	defer b.leave(r)
	measure(ctx, j, all)
	for at := 0; at < len(all); {
		n, release, err := b.take(ctx, len(all)-at)
		if err != nil {
			sideBySide(len(all)-at, func(i int) { s.Ended(at+i, err) })
			return
		}
		wave := all[at : at+n]
		for _, f := range wave {
			f.folding.limits = b.limits()
		}
		errs := Fill(ctx, j, wave...)
		sideBySide(n, func(i int) { errs[i] = s.Filled(at+i, errs[i]) })
		release()
		sideBySide(n, func(i int) { s.Ended(at+i, errs[i]) })
		at += n
	}
}

// sideBySide runs work for each of so many at once and waits for all.
func sideBySide(n int, work func(i int)) {
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { work(i) })
	}
	all.Wait()
}
