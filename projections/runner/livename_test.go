package runner_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"accountledger/consumers"
	"accountledger/projections/projectiontest"
	"accountledger/projections/runner"
	"accountledger/projections/sqlite"
	"accountledger/projections/view"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// nameDamages are what may become of the file that names the live generation, which is the third one.
func nameDamages(t *testing.T) map[string]func(path string) {
	t.Helper()
	write := func(text string) func(string) {
		return func(path string) { must(t, os.WriteFile(path, []byte(text), 0o600)) }
	}
	return map[string]func(string){
		"a flipped bit":            write("other.v1.g;\n"),
		"one that is dropped":      write("other.v1.g1\n"),
		"one that was never there": write("other.v1.g9\n"),
		"emptied":                  write(""),
		"zeroed":                   write(strings.Repeat("\x00", 12)),
		"another view's":           write("accounts.v1.g3\n"),
		"deleted":                  func(path string) { must(t, os.Remove(path)) },
	}
}

// third makes a third generation the live one; consumers have written to it.
func third(t *testing.T) (*projectiontest.Ledger, string) {
	t.Helper()
	l := projectiontest.New(t)
	l.Notices("location")
	live(t, l, other(1))
	for range 2 {
		refill(t, l)
	}
	x := start(t, l, []runner.Declaration{other(1)})
	l.Notices("contacts")
	x.wait(t, "other", l.Head().Position)
	x.stop(t)
	return l, filepath.Join(l.Views, "other.live")
}

// refill fills another generation and makes it the live one.
func refill(t *testing.T, l *projectiontest.Ledger) {
	t.Helper()
	g, f, err := place(l, other(1), 1).Begin(t.Context(), true)
	must(t, err)
	must(t, runner.Fill(t.Context(), l.Journal, f)[0])
	must(t, errors.Join(g.EndFill(t.Context()), l.Engine.Swap(t.Context(), g.ID()), g.Close()))
}

// restarted opens the folder of views with an engine that has not read it yet.
func restarted(t *testing.T, l *projectiontest.Ledger) {
	t.Helper()
	e, err := sqlite.New(l.Views)
	must(t, err)
	l.Engine = e
}

// same compares the documents that answer queries with a fold of the log.
func (x *line) same(t *testing.T, l *projectiontest.Ledger) {
	t.Helper()
	x.reached(t, l)
	apart, err := sqlite.New(t.TempDir())
	must(t, err)
	p := place(l, other(1), 1)
	p.Engine = apart
	g, f, err := p.Begin(t.Context(), true)
	must(t, err)
	defer func() { must(t, errors.Join(g.Close(), apart.Close())) }()
	must(t, errors.Join(runner.Fill(t.Context(), l.Journal, f)[0], g.EndFill(t.Context())))
	schema := other(1).Schema
	fold := projectiontest.Render(t, &schema, projectiontest.Documents(t, g))
	docs := x.documents(t, "other")
	if got := projectiontest.Render(t, &schema, docs); string(got) != string(fold) || len(docs) != int(l.Head().Position.Int64()) {
		t.Errorf("%d documents are not those of the log:\n%s", len(docs), x.log)
	}
}

// Row T5, when the program starts.
func TestADamagedNameOfTheLiveGenerationAtTheStart(t *testing.T) {
	for name, damage := range nameDamages(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, path := third(t)
			damage(path)
			restarted(t, l)
			x := start(t, l, []runner.Declaration{other(1)})
			x.same(t, l)
			l.Notices("health")
			x.same(t, l)
			if n := strings.Count(x.log.String(), "view is being refilled") + strings.Count(x.log.String(), "views are being filled"); n != 1 {
				t.Errorf("it is filled %d times:\n%s", n, x.log)
			}
			x.stop(t)

			restarted(t, l) // all is well again
			x = start(t, l, []runner.Declaration{other(1)})
			x.same(t, l)
			if strings.Contains(x.log.String(), "filled") {
				t.Errorf("it is filled again:\n%s", x.log)
			}
			if all := numbers(t, l.Engine, "other"); len(all) != 1 {
				t.Errorf("left are %v", all)
			}
		})
	}
}

// Row T5, while the program serves: the view is whole afterwards, and its file too.
func TestADamagedNameOfTheLiveGenerationWhileItServes(t *testing.T) {
	for name, damage := range nameDamages(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, path := third(t)
			x := start(t, l, []runner.Declaration{other(1)})
			x.reached(t, l)
			damage(path)
			release, err := x.Hold(t.Context(), "other") // its consumer begins again, and asks which one is live
			must(t, err)
			release()
			l.Notices("health")
			x.wait(t, "other", l.Head().Position)
			x.same(t, l)
			x.stop(t)

			restarted(t, l)
			x = start(t, l, []runner.Declaration{other(1)})
			x.same(t, l)
			if strings.Contains(x.log.String(), "filled") {
				t.Errorf("it is filled again:\n%s", x.log)
			}
		})
	}
}

// An older generation that is whole stands where its own checkpoint says, and catches up.
func TestAnOlderGenerationAndItsName(t *testing.T) {
	l := projectiontest.New(t)
	l.Notices("location")
	live(t, l, other(1))
	older := t.TempDir()
	must(t, os.CopyFS(older, os.DirFS(l.Views)))
	l.Notices("contacts")
	x := start(t, l, []runner.Declaration{other(1)})
	x.wait(t, "other", l.Head().Position)
	x.stop(t)
	refill(t, l)
	x = start(t, l, []runner.Declaration{other(1)}) // its consumer writes to it: it is no filling any more
	l.Notices("health")
	x.wait(t, "other", l.Head().Position)
	x.stop(t)
	for _, name := range []string{"other.live", "other.v1.g1.db"} {
		data, err := os.ReadFile(filepath.Join(older, name))
		must(t, err)
		must(t, os.WriteFile(filepath.Join(l.Views, name), data, 0o600))
	}
	restarted(t, l)
	x = start(t, l, []runner.Declaration{other(1)})
	x.wait(t, "other", l.Head().Position)
	x.same(t, l)
	if all := numbers(t, l.Engine, "other"); len(all) != 1 {
		t.Errorf("left are %v", all)
	}
}

// A generation whose filling was cut off does not take the live one's place because a damaged file names it.
func TestTheNameOfAnUnfinishedGeneration(t *testing.T) {
	l, path := third(t)
	id := cutOff(t, place(l, other(1), 1))
	must(t, os.WriteFile(path, []byte(id.String()+"\n"), 0o600))
	for range 2 { // the second start finds it mended
		restarted(t, l)
		x := start(t, l, []runner.Declaration{other(1)})
		l.Notices("health")
		x.wait(t, "other", l.Head().Position)
		if _, _, err := x.views.Query(t.Context(), "other", view.Query{Limit: 1}); err != nil {
			t.Errorf("it cannot be asked although it has come to the head: %v", err)
		} else {
			x.same(t, l)
		}
		x.stop(t)
	}
	if now, err := l.Engine.Live(t.Context(), "other"); err != nil || now == id {
		t.Errorf("live is %v %v", now, err)
	}
}

// A live generation whose file was deleted or emptied answers nothing before all is folded again.
func TestTheLiveGenerationWithoutItsFile(t *testing.T) {
	for name, spoil := range map[string]func(string) error{
		"deleted": os.Remove,
		"emptied": func(path string) error { return os.Truncate(path, 0) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, _ := third(t)
			id, err := l.Engine.Live(t.Context(), "other")
			must(t, err)
			must(t, spoil(filepath.Join(l.Views, id.String()+".db")))
			restarted(t, l)
			views, err := runner.OpenViews(t.Context(), l.Engine, l.Journal, l.Logger, []runner.Declaration{other(1)})
			must(t, err)
			if r, _, err := views.Query(t.Context(), "other", view.Query{}); !errors.Is(err, consumers.ErrRebuilding) {
				t.Errorf("half a view answers: %v %v", r, err)
			}
			must(t, views.Close())
			x := start(t, l, []runner.Declaration{other(1)})
			x.wait(t, "other", l.Head().Position)
			x.same(t, l)
		})
	}
}
