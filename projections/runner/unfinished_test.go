package runner_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"accountledger/consumers"
	"accountledger/domain"
	"accountledger/internal/await"
	"accountledger/journal"
	"accountledger/leases/local"
	"accountledger/projections/projectiontest"
	"accountledger/projections/runner"
	"accountledger/projections/view"
)

func place(l *projectiontest.Ledger, d runner.Declaration, partitions int) runner.Place {
	return runner.Place{Engine: l.Engine, Journal: l.Journal, Declaration: &d, Partitions: partitions}
}

// cutOff leaves a generation above all others that is folded up to the head as it is, and cut off.
func cutOff(t *testing.T, p runner.Place) view.GenerationID {
	t.Helper()
	number, err := view.NextNumber(t.Context(), p.Engine, p.Declaration.Name)
	if err != nil {
		t.Fatal(err)
	}
	g, err := p.Engine.Open(t.Context(), p.Declaration.Schema, number)
	if err != nil {
		t.Fatal(err)
	}
	f, err := runner.NewFilling(t.Context(), p.Declaration, g, p.Partitions)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(g.BeginFill(t.Context()), runner.Fill(t.Context(), p.Journal, f)[0], p.Leave(t.Context(), g, f, context.Canceled)); err != nil {
		t.Fatal(err)
	}
	return g.ID()
}

func numbers(t *testing.T, e view.Engine, name string) (all []int) {
	t.Helper()
	ids, err := e.Generations(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		all = append(all, id.Number)
	}
	return all
}

// live makes a first generation the live one.
func live(t *testing.T, l *projectiontest.Ledger, d runner.Declaration) {
	t.Helper()
	x := start(t, l, []runner.Declaration{d})
	x.wait(t, d.Name, l.Head().Position)
	x.stop(t)
}

// TestWhatIsGoneOnWith: only what fits is, and everything else above the live generation is dropped.
func TestWhatIsGoneOnWith(t *testing.T) {
	otherwise := other(1)
	otherwise.Fields = slices.Clone(other(2).Fields)
	for name, c := range map[string]struct {
		leave   func(t *testing.T, l *projectiontest.Ledger)
		restart bool
		fits    bool
	}{
		"a filling that was cut off": {leave: func(t *testing.T, l *projectiontest.Ledger) { cutOff(t, place(l, other(1), 1)) }, fits: true},
		"the newest of two": {leave: func(t *testing.T, l *projectiontest.Ledger) {
			cutOff(t, place(l, other(1), 1))
			cutOff(t, place(l, other(1), 1))
		}, fits: true},
		"one below another's": {leave: func(t *testing.T, l *projectiontest.Ledger) {
			cutOff(t, place(l, other(1), 1))
			cutOff(t, place(l, other(2), 1))
		}, fits: true},
		"when that is not wanted": {leave: func(t *testing.T, l *projectiontest.Ledger) { cutOff(t, place(l, other(1), 1)) }, restart: true},
		"of another version":      {leave: func(t *testing.T, l *projectiontest.Ledger) { cutOff(t, place(l, other(2), 1)) }},
		"of another declaration":  {leave: func(t *testing.T, l *projectiontest.Ledger) { cutOff(t, place(l, otherwise, 1)) }},
		"of another sharing":      {leave: func(t *testing.T, l *projectiontest.Ledger) { cutOff(t, place(l, other(1), 3)) }},
		"that consumers worked on": {leave: func(t *testing.T, l *projectiontest.Ledger) {
			mark(t, l, func(s string) string { return strings.Replace(s, `"filling":true`, `"x":1`, 1) })
		}},
		"of another history": {leave: func(t *testing.T, l *projectiontest.Ledger) {
			mark(t, l, func(s string) string {
				return strings.Replace(s, l.Head().Event.String(), "00000000-0000-4000-8000-000000000000", 1)
			})
		}},
		"whose place cannot be read": {leave: func(t *testing.T, l *projectiontest.Ledger) { mark(t, l, func(string) string { return "x" }) }},
		"that is damaged":            {leave: func(t *testing.T, l *projectiontest.Ledger) { damage(t, l, cutOff(t, place(l, other(1), 1))) }},
		"in which nothing is": {leave: func(t *testing.T, l *projectiontest.Ledger) {
			g, err := l.Engine.Open(t.Context(), other(1).Schema, 2)
			if err := errors.Join(err, g.Close()); err != nil {
				t.Fatal(err)
			}
		}},
		"of another log": {leave: func(t *testing.T, l *projectiontest.Ledger) {
			another := projectiontest.New(t)
			another.Notices("location")
			p := place(l, other(1), 1)
			p.Journal = another.Journal
			cutOff(t, p)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := projectiontest.New(t)
			l.Notices("location")
			live(t, l, other(1))
			c.leave(t, l)
			all := numbers(t, l.Engine, "other")
			if !c.restart { // what a start keeps is what can be gone on with
				x := start(t, l, []runner.Declaration{other(1)})
				left, err := x.views.Left(t.Context())
				if err != nil || len(left) != len(numbers(t, l.Engine, "other"))-1 || c.fits != (len(left) == 1) {
					t.Errorf("after a start there are %v of %v: %+v %v", numbers(t, l.Engine, "other"), all, left, err)
				}
				if len(left) == 1 && (left[0].View != "other" || left[0].Underway || left[0].Unit != "events" || left[0].Done != l.Head().Position.Int64() ||
					left[0].Total != left[0].Done) {
					t.Errorf("%+v", left[0])
				}
				x.stop(t)
			}
			g, f, err := place(l, other(1), 1).Begin(t.Context(), c.restart)
			if err != nil {
				t.Fatal(err)
			}
			if !f.Checkpoint().IsZero() != c.fits {
				t.Errorf("it begins at %v", f.Checkpoint())
			}
			if now := numbers(t, l.Engine, "other"); len(now) != 2 || now[0] != 1 {
				t.Errorf("left are %v of %v", now, all)
			}
			if err := g.Close(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// mark leaves a filling with another checkpoint.
func mark(t *testing.T, l *projectiontest.Ledger, change func(string) string) {
	t.Helper()
	g, err := l.Engine.Open(t.Context(), other(1).Schema, cutOff(t, place(l, other(1), 1)).Number)
	if err != nil {
		t.Fatal(err)
	}
	at := string(checkpoint(t, g))
	if err := errors.Join(g.Write(t.Context(), view.Batch{Checkpoint: []byte(change(at))}), g.Close()); err != nil {
		t.Fatal(err)
	}
}

// Where several processes have the engine, what was cut off is kept, seen by all, and not touched while somebody is at it.
func TestWhatIsLeftBetweenProcesses(t *testing.T) {
	l := projectiontest.New(t)
	l.Notices("location")
	server := local.New()
	d := other(1)
	first := share(t, l, l.Engine, server, "first", 2, true, []runner.Declaration{d})
	first.reach(t, l, "other")
	first.stop(t)
	older := cutOff(t, place(l, d, 2))
	newer := cutOff(t, place(l, d, 2))

	second := share(t, l, l.Engine, server, "second", 2, true, []runner.Declaration{d})
	await.Until(t, "the older one is dropped", func() bool { return !slices.Contains(numbers(t, l.Engine, "other"), older.Number) })
	await.Until(t, "the other is told of", func() bool { // not while it is looked through
		left, err := second.views.Left(t.Context())
		return err == nil && len(left) == 1 && left[0].Done == l.Head().Position.Int64()
	})
	if !slices.Contains(numbers(t, l.Engine, "other"), newer.Number) {
		t.Error("it was dropped")
	}
	lease, err := second.keeper.Wait(t.Context(), runner.FillLease("other"))
	if err != nil {
		t.Fatal(err)
	}
	if left, err := second.views.Left(t.Context()); err != nil || len(left) != 1 || !left[0].Underway {
		t.Errorf("%+v %v, while somebody fills it", left, err)
	}
	if err := lease.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// A view that cannot be used is not filled while a rebuild is at it, and uses what that made; what a rebuild left is gone on with.
func TestAClaimedView(t *testing.T) {
	l := projectiontest.New(t)
	l.Notices("location")
	d := other(1)
	folded := 0
	reduce := d.Reduce
	d.Reduce = func(doc *view.Document, r journal.Record) error { folded++; return reduce(doc, r) }
	views, err := runner.OpenViews(t.Context(), l.Engine, l.Journal, l.Logger, []runner.Declaration{d})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := views.Close(); err != nil {
			t.Error(err)
		}
	}()
	release, err := views.Claim(t.Context(), "other")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := views.Consumers()[0].Checkpoint(t.Context()); err == nil || !strings.Contains(err.Error(), "being filled already") {
		t.Fatal(err)
	}
	waiting, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := views.Claim(waiting, "other"); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	if _, err := views.Claim(t.Context(), "nothing"); !errors.Is(err, consumers.ErrUnknown) {
		t.Error(err)
	}
	cutOff(t, place(l, d, 1))
	release()
	was := folded
	at, err := views.Consumers()[0].Checkpoint(t.Context())
	if err != nil || at != l.Head() || folded != was {
		t.Errorf("%v %v; %d events folded", at, err, folded-was)
	}
	if err := views.Use("other", func(view.Generation) error { return nil }); err != nil {
		t.Error(err)
	}
}

// Damage that somebody who asks a view meets is mended at once, although no event comes that its consumer would meet it with.
func TestDamageThatAQueryMeets(t *testing.T) {
	const many = 2500
	for name, run := range map[string]func(*testing.T, *projectiontest.Ledger, runner.Declaration) (*line, func(*testing.T)){
		"one process": func(t *testing.T, l *projectiontest.Ledger, d runner.Declaration) (*line, func(*testing.T)) {
			x := start(t, l, []runner.Declaration{d})
			return x, x.stop
		},
		"one of several": func(t *testing.T, l *projectiontest.Ledger, d runner.Declaration) (*line, func(*testing.T)) {
			p := share(t, l, l.Engine, local.New(), "a", 2, true, []runner.Declaration{d})
			return p.line, p.stop
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := projectiontest.New(t)
			for range many / 500 {
				l.Append("operations", slices.Repeat([]any{act()}, 500)...)
			}
			x, stop := run(t, l, other(1))
			x.reached(t, l)
			stop(t)
			x, _ = run(t, l, other(1)) // nothing is in its cache
			x.reached(t, l)
			id, err := l.Engine.Live(t.Context(), "other")
			if err != nil {
				t.Fatal(err)
			}
			spoil(t, l, id)
			query := func() (n int64, err error) {
				err = x.views.Use("other", func(g view.Generation) error {
					q := view.Query{Limit: view.MaxLimit}
					for {
						r, err := g.Query(t.Context(), q)
						if err != nil {
							return err
						}
						if n += int64(len(r.Documents)); r.Next == nil {
							return nil
						}
						q.After = r.Next
					}
				})
				return n, err
			}
			if _, err := query(); !errors.Is(err, view.ErrCorrupt) || !errors.Is(err, consumers.ErrRebuilding) {
				t.Fatal(err)
			}
			await.Until(t, "the view is refilled", func() bool {
				n, err := query()
				return err == nil && n == many
			})
			await.Until(t, "its consumer goes on", func() bool {
				all, err := x.Status(t.Context())
				return err == nil && !slices.ContainsFunc(all, func(s consumers.Status) bool { return s.State != consumers.Running || s.Lag != 0 })
			})
			if now, err := l.Engine.Live(t.Context(), "other"); err != nil || now == id {
				t.Errorf("live is %v %v", now, err)
			}
			if !strings.Contains(x.log.String(), "damaged") {
				t.Errorf("the log does not say why:\n%s", x.log)
			}
		})
	}
}

func act() any { return domain.OperationPerformed{Operation: domain.OpKeysList} }

// reached waits until the view can be asked and its consumers are at the head.
func (x *line) reached(t *testing.T, l *projectiontest.Ledger) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if _, _, err := x.views.QueryAt(ctx, "other", view.Query{Limit: 1}, l.Head().Position); err != nil {
		t.Fatalf("%v\n%s", err, x.log)
	}
}

// spoil changes documents in a generation's file behind its back.
func spoil(t *testing.T, l *projectiontest.Ledger, id view.GenerationID) {
	t.Helper()
	f, err := os.OpenFile(filepath.Join(l.Views, id.String()+".db"), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	st, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	for at := st.Size() / 4; at < st.Size()/4*3; at += 4096 {
		if _, err := f.WriteAt([]byte{1, 2, 3, 4, 5, 6, 7, 8}, at); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}
