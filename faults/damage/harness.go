package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
)

// harness is the program and the ledger that it is tested on.
type harness struct {
	dir     string
	program program
	grown   *grown
	seed    uint64
	usual   map[string]bool // what the log says on a start on an undamaged copy
	config  config
}

// newHarness builds the program and grows the ledger in a folder.
func newHarness(ctx context.Context, dir string, c config) (_ *harness, err error) {
	h := &harness{dir: dir, seed: c.seed, config: c}
	if h.program, err = build(ctx, dir); err != nil {
		return nil, err
	}
	live := filepath.Join(dir, "live")
	mail, err := newSink(ctx)
	if err != nil {
		return nil, err
	}
	defer mail.close()
	g := &grower{program: h.program, live: folders{live}, mail: mail}
	if h.grown, err = grow(ctx, g, dir); err != nil {
		return nil, err
	}
	return h, errors.Join(os.RemoveAll(live), h.learn(ctx))
}

// learn starts the program on undamaged copies, to learn what its log says for those. Every answer must be correct, or
// there is nothing to judge by.
func (h *harness) learn(ctx context.Context) error {
	h.usual = map[string]bool{}
	for _, state := range []string{clean, killed} {
		for _, age := range []map[string]snapshot{h.grown.older, h.grown.newer} {
			if err := h.learnFrom(ctx, age[state]); err != nil {
				return fmt.Errorf("an undamaged ledger, %s: %w", state, err)
			}
		}
	}
	return nil
}

func (h *harness) learnFrom(ctx context.Context, from snapshot) error {
	t := &trial{harness: h, testCase: undamaged("learning", from)}
	defer func() { _ = os.RemoveAll(t.scratch.root) }()
	t.learning = h.usual
	if err := t.run(ctx); err != nil {
		return err
	}
	if t.Outcome != harmless && t.Outcome != healed {
		return fmt.Errorf("%s: %s %s %v %s", t.Outcome, t.Reason, t.Said, t.Findings, t.Verify)
	}
	return nil
}

// progressEvery is after how many cases a run reports progress.
const progressEvery = 50

// all judges cases, some concurrently, and returns the results in the order of the cases.
func (h *harness) all(ctx context.Context, cases []testCase, c config, out io.Writer) ([]result, error) {
	results := make([]result, len(cases))
	var next, done atomic.Int64
	var work sync.WaitGroup
	var told sync.Mutex
	for range c.parallel {
		work.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(cases) || ctx.Err() != nil {
					return
				}
				results[i] = h.judge(ctx, cases[i])
				n := done.Add(1)
				told.Lock()
				if c.verbose {
					_, _ = fmt.Fprintln(out, results[i].line())
				} else if n%progressEvery == 0 {
					_, _ = fmt.Fprintf(out, "%d of %d\n", n, len(cases))
				}
				told.Unlock()
			}
		})
	}
	work.Wait()
	return results, ctx.Err()
}
