package replay_test

import (
	"errors"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"accountledger/consumers"
	"accountledger/domain"
	"accountledger/projections"
	"accountledger/projections/projectiontest"
	"accountledger/projections/runner"
	viewsqlite "accountledger/projections/sqlite"
	"accountledger/replay"
)

// However little memory there is, a rebuild produces the same documents, and a comparison finds none that differ: with so little
// that nothing can be held in it, with enough to run out on the way, and with plenty.
func TestABudgetChangesNoDocument(t *testing.T) {
	for name, bytes := range map[string]int64{"hardly any": 1, "too little": 8 << 10, "plenty": runner.MostBudget(6)} {
		t.Run(name, func(t *testing.T) {
			l := projectiontest.New(t)
			b := runner.NewBudget(bytes, len(projections.All()))
			l.Engine = bounded(t, l.Views, b)
			x := start(t, l, projections.All())
			h := projectiontest.NewHistory(x.Ledger)
			rapid.Check(t, func(t *rapid.T) {
				for range rapid.IntRange(1, 12).Draw(t, "steps") {
					h.Step(t)
				}
			})
			before := x.documents(t)
			deps := x.deps()
			deps.Budget = b
			var told []string
			if err := replay.Rebuild(t.Context(), deps, nil, func(name string, done, total int64) {
				if done == total && total > 0 && !slices.Contains(told, name) {
					told = append(told, name)
				}
			}); err != nil {
				t.Fatal(err)
			}
			after := x.documents(t)
			if !maps.EqualFunc(before, after, slices.Equal) {
				t.Errorf("rebuilt otherwise:\n%v\n\n%v", before, after)
			}
			if len(told) != len(x.all) {
				t.Errorf("only %v were told to have ended", told)
			}
			scratch := bounded(t, filepath.Join(t.TempDir(), "scratch"), b)
			n, err := replay.Compare(t.Context(),
				replay.CompareDeps{Journal: l.Journal, Engine: l.Engine, Scratch: scratch, Budget: b, Views: x.all, Reached: x.runner.WaitFor},
				nil, nil, func(d replay.Difference) { t.Errorf("%+v", d) })
			if want := count(after); err != nil || n != want {
				t.Errorf("%d of %d documents were compared: %v", n, want, err)
			}
			for _, d := range x.all { // compared generations take no room any more
				if left, err := scratch.Generations(t.Context(), d.Name); err != nil || len(left) != 0 {
					t.Errorf("%v %v", left, err)
				}
			}
		})
	}
}

// bounded is an engine with a budget.
func bounded(t *testing.T, dir string, b *runner.Budget) *viewsqlite.Engine {
	t.Helper()
	e, err := viewsqlite.NewWith(dir, viewsqlite.Options{FillMemory: b.EngineShare()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

// count counts rendered documents, each a line that has something.
func count(rendered map[string][]string) (n int64) {
	for _, lines := range rendered {
		for _, line := range lines {
			if strings.TrimSpace(line) != "" {
				n++
			}
		}
	}
	return n
}

// A failing view does not block the others; a comparison names it, and stops folding.
func TestAViewThatFailsInItsTurn(t *testing.T) {
	l := projectiontest.New(t)
	l.SignUp("DE", "anna@example.org", nil)
	l.Append(domain.OperationsStream, domain.OperationPerformed{Operation: domain.OpMailbox})
	all := append([]runner.Declaration{picky(false)}, projections.All()...)
	b := runner.NewBudget(1, len(all))
	var fault *consumers.EventError
	err := replay.Rebuild(t.Context(), replay.Deps{Journal: l.Journal, Engine: l.Engine, Views: all, Budget: b}, nil, nil)
	if !errors.As(err, &fault) || !strings.Contains(err.Error(), "picky") || strings.Contains(err.Error(), "daily") {
		t.Error(err)
	}
	for _, d := range projections.All() {
		if _, err := l.Engine.Live(t.Context(), d.Name); err != nil {
			t.Errorf("view %s was not rebuilt: %v", d.Name, err)
		}
	}
	n, err := replay.Compare(t.Context(), replay.CompareDeps{Journal: l.Journal, Engine: l.Engine, Scratch: bounded(t, t.TempDir(), b), Budget: b, Views: all},
		nil, nil, func(replay.Difference) {})
	if !errors.As(err, &fault) || !strings.Contains(err.Error(), "picky") || n != 0 {
		t.Errorf("%d were compared: %v", n, err)
	}
}
