package runner_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"accountledger/projections/projectiontest"
	"accountledger/projections/runner"
)

func TestABudgetIsCutIntoShares(t *testing.T) {
	for _, c := range []struct {
		bytes    int64
		together int
		share    int64 // the engine's
	}{
		{runner.LeastBudget, 1, 6 << 20},
		{128 << 20, 3, 32 << 20}, // a quarter of 512 MiB
		{1 << 30, 6, 128 << 20},
		{runner.MostBudget(6), 6, 192 << 20},
		{1 << 40, 6, 192 << 20},
	} {
		b := runner.NewBudget(c.bytes, 6)
		if b.Together() != c.together || b.EngineShare() > c.share || b.EngineShare() < c.share-1<<20 {
			t.Errorf("of %d bytes: %d views at once, %d bytes for the engine", c.bytes, b.Together(), b.EngineShare())
		}
	}
	if b := runner.NewBudget(0, 6); b.Together() != 0 || b.EngineShare() != 0 || b.Underway() != nil {
		t.Error("no bound is one")
	}
}

// fillings begins some views, each with its filler.
func fillings(t *testing.T, l *projectiontest.Ledger, whose string, n int) (all []*runner.Filling) {
	t.Helper()
	for i := range n {
		d := other(1)
		d.Name = fmt.Sprintf("%s_%d", whose, i)
		p := runner.Place{Engine: l.Engine, Journal: l.Journal, Declaration: &d, Partitions: 1}
		g, f, err := p.Begin(t.Context(), true)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := g.Close(); err != nil {
				t.Error(err)
			}
		})
		all = append(all, f)
	}
	return all
}

// Two who fill at the same time have no more views under way than there is room for, and each of theirs ends once.
func TestABudgetIsShared(t *testing.T) {
	l := projectiontest.New(t)
	l.Notices("location")
	const views = 5
	for _, bytes := range []int64{1, runner.LeastBudget, 128 << 20} {
		b := runner.NewBudget(bytes, views)
		var now, most, ended atomic.Int64
		var both sync.WaitGroup
		for _, why := range []runner.Why{runner.Rebuild, runner.Comparison} {
			all := fillings(t, l, fmt.Sprintf("%s_of_%d", why, bytes), views)
			both.Go(func() {
				b.Each(t.Context(), l.Journal, why, all, runner.Stages{
					Filled: func(_ int, err error) error {
						n := now.Add(1)
						for was := most.Load(); n > was && !most.CompareAndSwap(was, n); was = most.Load() {
						}
						told := map[runner.Why]int{}
						for _, u := range b.Underway() {
							told[u.Why]++
						}
						if told[why] != views {
							t.Errorf("under way are %v", told)
						}
						now.Add(-1)
						return err
					},
					Ended: func(n int, err error) {
						ended.Add(1)
						if done, total := all[n].Progress(); err != nil || done != total || total == 0 {
							t.Errorf("%d of %d: %v", done, total, err)
						}
					},
				})
			})
		}
		both.Wait()
		if most.Load() > int64(b.Together()) || ended.Load() != 2*views {
			t.Errorf("%d were filled at once, of %d; %d ended", most.Load(), b.Together(), ended.Load())
		}
		if left := b.Underway(); len(left) != 0 {
			t.Errorf("%v are under way", left)
		}
	}
}

// A filler that waits for another's view once its own is filled is in nobody's way.
func TestRoomIsGivenBackBeforeOthersAreWaitedFor(t *testing.T) {
	l := projectiontest.New(t)
	l.Notices("location")
	b := runner.NewBudget(1, 2)
	var inner error
	first, second := fillings(t, l, "first", 1), fillings(t, l, "second", 1)
	b.Each(t.Context(), l.Journal, runner.Comparison, first, runner.Stages{
		Filled: func(_ int, err error) error { return err },
		Ended: func(int, error) {
			b.Each(t.Context(), l.Journal, runner.Making, second, runner.Stages{
				Filled: func(_ int, err error) error { return err },
				Ended:  func(_ int, err error) { inner = err },
			})
		},
	})
	if inner != nil || second[0].Checkpoint() != l.Head() {
		t.Error(inner)
	}
}

// Views that wait for their turn are told of with what there is to do, and end when nobody waits for them any more.
func TestViewsThatWaitForTheirTurnEndWithTheContext(t *testing.T) {
	l := projectiontest.New(t)
	l.Notices("location")
	b := runner.NewBudget(1, 3)
	all := fillings(t, l, "other", 3)
	ctx, cancel := context.WithCancel(t.Context())
	var told []runner.Underway
	errs := make([]error, len(all))
	b.Each(ctx, l.Journal, runner.Making, all, runner.Stages{
		Filled: func(_ int, err error) error {
			told = b.Underway()
			cancel()
			return err
		},
		Ended: func(n int, err error) { errs[n] = err },
	})
	if errs[0] != nil || !errors.Is(errs[1], context.Canceled) || !errors.Is(errs[2], context.Canceled) {
		t.Error(errs)
	}
	head := l.Head().Position.Int64()
	for i, u := range told {
		if u.View != fmt.Sprintf("other_%d", i) || u.Why != runner.Making || u.Total != head || (u.Done == head) != (i == 0) {
			t.Errorf("%+v", u)
		}
	}
	if len(told) != len(all) {
		t.Errorf("%+v", told)
	}
}
