package runner_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"accountledger/consumers"
	"accountledger/domain"
	"accountledger/internal/await"
	"accountledger/journal"
	"accountledger/leases"
	"accountledger/leases/local"
	"accountledger/projections"
	"accountledger/projections/projectiontest"
	"accountledger/projections/runner"
	"accountledger/projections/view"
)

// process is one of several that share engine and work.
type process struct {
	*line
	keeper *leases.Keeper
}

// ttl is how long leases hold in tests.
const ttl = 600 * time.Millisecond

// share starts one more process; without works it only asks the views.
func share(t *testing.T, l *projectiontest.Ledger, e view.Engine, s leases.Server, label string, partitions int, works bool,
	declarations []runner.Declaration) *process {
	t.Helper()
	p := &process{line: &line{ended: make(chan error, 1), log: &buffer{}}, keeper: leases.New(s, leases.Options{TTL: ttl, Label: label})}
	log := slog.New(slog.NewJSONHandler(p.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	var err error
	p.views, err = runner.OpenViewsWith(t.Context(), runner.ViewsOptions{Engine: e, Journal: l.Journal, Log: log, Declarations: declarations,
		Partitions: partitions, Leases: p.keeper, Follow: 20 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	var all []consumers.Consumer
	if works {
		all = p.views.Consumers()
	}
	p.Runner, err = consumers.New(consumers.Options{Journal: l.Journal, Log: log, Now: l.Now, Pause: time.Millisecond, Leases: p.keeper}, all...)
	if err != nil {
		t.Fatal(err)
	}
	if works {
		go func() { p.ended <- p.Run(context.WithoutCancel(t.Context())) }()
	} else {
		p.ended <- nil
	}
	t.Cleanup(func() { p.stop(t) })
	return p
}

func (p *process) stop(t *testing.T) {
	t.Helper()
	if p.views == nil {
		return
	}
	p.line.stop(t)
	if err := p.keeper.Close(); err != nil {
		t.Error(err)
	}
}

// reach waits until a view is searchable up to the head, no matter who works on it.
func (p *process) reach(t *testing.T, l *projectiontest.Ledger, name string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if _, _, err := p.views.QueryAt(ctx, name, view.Query{}, l.Head().Position); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, p.log)
	}
}

func (p *process) running(t *testing.T) (names []string) {
	t.Helper()
	all, err := p.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		if s.State == consumers.Running {
			names = append(names, s.Name)
		}
	}
	return names
}

// expected folds a view from the beginning.
func expected(t *testing.T, l *projectiontest.Ledger, name string) string {
	t.Helper()
	all := projections.All()
	d := &all[slices.IndexFunc(all, func(d runner.Declaration) bool { return d.Name == name })]
	docs := map[string]*view.Document{}
	page, err := l.Journal.ReadAll(t.Context(), journal.Checkpoint{}, 10_000)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range page.Records {
		for _, id := range d.Touches(r) {
			if docs[id], err = d.Fold(docs[id], id, r.Position.Int64(), r); err != nil {
				t.Fatal(err)
			}
		}
	}
	var list []*view.Document
	for _, doc := range docs {
		if doc != nil && !doc.Deleted {
			list = append(list, doc)
		}
	}
	slices.SortFunc(list, func(a, b *view.Document) int { return strings.Compare(a.ID, b.ID) })
	return string(projectiontest.Render(t, &d.Schema, list))
}

func (p *process) same(t *testing.T, l *projectiontest.Ledger) {
	t.Helper()
	for _, d := range projections.All() {
		p.reach(t, l, d.Name)
		if got := string(projectiontest.Render(t, &d.Schema, p.documents(t, d.Name))); got != expected(t, l, d.Name) {
			t.Errorf("view %s:\n%s\nwant:\n%s", d.Name, got, expected(t, l, d.Name))
		}
	}
}

func people(l *projectiontest.Ledger, names ...string) {
	h := map[domain.Permission]*domain.Notices{"location": l.Notices("location")}
	for _, name := range names {
		p := l.SignUp("DE", name+"@example.org", h)
		p.Set("location", "weather", true)
		p.Link("phone", "a model", "a name")
	}
}

// Two processes fill each view once, share its partitions, and one goes on alone when the other ends.
func TestProcessesShareTheWork(t *testing.T) {
	l := projectiontest.New(t)
	people(l, "anna", "bela")
	server := local.New()
	first := share(t, l, l.Engine, server, "first", 2, true, projections.All())
	second := share(t, l, l.Engine, server, "second", 2, true, projections.All())
	asks := share(t, l, l.Engine, server, "asks", 2, false, projections.All())
	units := 2 * len(projections.All())
	await.Until(t, "both have half", func() bool {
		return len(first.running(t)) == units/2 && len(second.running(t)) == units/2
	})
	if both := append(first.running(t), second.running(t)...); len(slices.Compact(slices.Sorted(slices.Values(both)))) != units {
		t.Errorf("some are worked on twice: %v", both)
	}
	people(l, "cleo", "dora")
	for _, p := range []*process{first, second, asks} {
		p.same(t, l)
	}
	status, err := asks.views.Status(t.Context(), l.Now())
	if err != nil || len(status) != units {
		t.Fatalf("%d %v", len(status), err)
	}
	for _, s := range status {
		if s.Lag != 0 || s.State != consumers.Elsewhere || s.Position != l.Head().Position || !strings.Contains(s.Reason, "worked on by") {
			t.Errorf("%+v", s)
		}
	}
	filled := strings.Count(first.log.String()+second.log.String(), `"view is filled"`)
	if filled != len(projections.All()) {
		t.Errorf("%d fillings", filled)
	}
	theirs := second.running(t)
	for _, d := range projections.All() {
		elsewhere := slices.ContainsFunc(theirs, func(unit string) bool { return strings.HasPrefix(unit, d.Name+"/") })
		if err := first.WaitFor(t.Context(), d.Name, l.Head().Position); errors.Is(err, consumers.ErrElsewhere) != elsewhere {
			t.Errorf("%s: error %v; the other has a part of it: %v", d.Name, err, elsewhere)
		}
	}

	first.stop(t)
	people(l, "emma")
	await.Until(t, "the second has all", func() bool { return len(second.running(t)) == units })
	second.same(t, l)
	asks.same(t, l)
	for _, d := range projections.All() {
		if all, err := l.Engine.Generations(t.Context(), d.Name); err != nil || len(all) != 1 {
			t.Errorf("%s: %v %v", d.Name, all, err)
		}
	}
}

// A process that cannot renew its leases leaves its work before another takes it, and takes it up again later.
func TestACutOffProcessLeavesItsWork(t *testing.T) {
	l := projectiontest.New(t)
	server := local.New()
	off := &cut{Server: server}
	declarations := projections.All()[:2]
	first := share(t, l, l.Engine, off, "first", 1, true, declarations)
	await.Until(t, "the first has all", func() bool { return len(first.running(t)) == 2 })
	off.off.Store(true)
	second := share(t, l, l.Engine, server, "second", 1, true, declarations)
	await.Until(t, "the second has all", func() bool { return len(second.running(t)) == 2 && len(first.running(t)) == 0 })
	people(l, "anna")
	for _, d := range declarations {
		second.wait(t, d.Name, l.Head().Position)
	}
	off.off.Store(false)
	await.Until(t, "each has one", func() bool { return len(second.running(t)) == 1 && len(first.running(t)) == 1 })
	people(l, "bela")
	for _, d := range declarations {
		first.reach(t, l, d.Name)
		if got := string(projectiontest.Render(t, &d.Schema, first.documents(t, d.Name))); got != expected(t, l, d.Name) {
			t.Errorf("view %s: %s", d.Name, got)
		}
	}
}

// While a newer version of the program works, the older one leaves what that made.
func TestAnOlderProgramUndoesNothing(t *testing.T) {
	l := projectiontest.New(t)
	l.Notices("location")
	server := local.New()
	old := share(t, l, l.Engine, server, "old", 1, true, []runner.Declaration{other(1)})
	old.reach(t, l, "other")
	recent := share(t, l, l.Engine, server, "recent", 1, true, []runner.Declaration{other(2)})
	recent.reach(t, l, "other")
	l.Notices("contacts")
	recent.reach(t, l, "other")
	await.Until(t, "the old one says so", func() bool {
		s := old.status(t, "other")
		return s.State == consumers.Waiting && strings.Contains(s.Reason, "newer version")
	})
	if _, _, err := old.views.Query(t.Context(), "other", view.Query{}); !errors.Is(err, consumers.ErrRebuilding) {
		t.Error(err)
	}
	await.Until(t, "the old generation is dropped", func() bool {
		all, err := l.Engine.Generations(t.Context(), "other")
		return err == nil && len(all) == 1 && all[0].Version == 2
	})
}

// A process that would share the work otherwise does not undo what others work on.
func TestAnotherNumberOfPartitionsWaits(t *testing.T) {
	l := projectiontest.New(t)
	l.Notices("location")
	server := local.New()
	first := share(t, l, l.Engine, server, "first", 2, true, []runner.Declaration{other(1)})
	first.reach(t, l, "other")
	second := share(t, l, l.Engine, server, "second", 3, true, []runner.Declaration{other(1)})
	await.Until(t, "the second waits", func() bool {
		return strings.Contains(second.status(t, "other/0").Reason, "another number of partitions")
	})
	l.Notices("contacts")
	first.reach(t, l, "other")
	first.stop(t)
	second.reach(t, l, "other")
	if n := len(second.documents(t, "other")); n != int(l.Head().Position.Int64()) {
		t.Errorf("%d documents", n)
	}
}
