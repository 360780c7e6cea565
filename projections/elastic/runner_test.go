//go:build engines

package elastic_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"testing"
	"time"

	"accountledger/consumers"
	"accountledger/domain"
	"accountledger/projections"
	"accountledger/projections/elastic/elastictest"
	"accountledger/projections/projectiontest"
	"accountledger/projections/runner"
	"accountledger/projections/view"
)

// patience is the longest time a test waits for something that must come.
const patience = time.Minute

// line is a ledger whose real views are kept in two engines: in files, and in a
// cluster behind a proxy.
type line struct {
	*projectiontest.Ledger
	proxy *elastictest.Proxy
	views map[string]*runner.Views
	run   map[string]*consumers.Runner
}

func openLine(t *testing.T) *line {
	t.Helper()
	o := options(t)
	o.Patience = 50 * time.Millisecond
	l := &line{
		Ledger: projectiontest.New(t), proxy: elastictest.NewProxy(t, o.URLs[0]),
		views: map[string]*runner.Views{}, run: map[string]*consumers.Runner{},
	}
	o.URLs = []string{l.proxy.URL()}
	cluster := engine(t, o)
	t.Cleanup(func() {
		for _, d := range projections.All() {
			must(t, cluster.Remove(context.Background(), d.Name))
		}
		must(t, cluster.Close())
	})
	for name, e := range map[string]view.Engine{"files": l.Engine, "cluster": cluster} {
		views, err := runner.OpenViews(t.Context(), e, l.Journal, l.Logger, projections.All())
		must(t, err)
		r, err := consumers.New(consumers.Options{Journal: l.Journal, Log: l.Logger, Now: l.Now, Pause: 10 * time.Millisecond}, views.Consumers()...)
		must(t, err)
		ended := make(chan error, 1)
		go func() { ended <- r.Run(context.WithoutCancel(t.Context())) }()
		t.Cleanup(func() { must(t, errors.Join(r.Close(), <-ended, views.Close())) })
		l.views[name], l.run[name] = views, r
	}
	return l
}

// same checks that both engines hold the same for every view.
func (l *line) same() {
	l.Helper()
	ctx, cancel := context.WithTimeout(l.Context(), patience)
	defer cancel()
	for _, d := range projections.All() {
		held := map[string][]*view.Document{}
		for name, views := range l.views {
			must(l, l.run[name].WaitFor(ctx, d.Name, l.Head().Position))
			must(l, views.Use(d.Name, func(g view.Generation) error {
				held[name] = projectiontest.Documents(l, g)
				return nil
			}))
		}
		if len(held["files"]) == 0 || !slices.EqualFunc(held["files"], held["cluster"], (*view.Document).Equal) {
			l.Errorf("view %s: %d documents in files and %d in the cluster, or others", d.Name, len(held["files"]), len(held["cluster"]))
		}
	}
}

// TestTheLine keeps the real views in a cluster that fails for a while: the log is
// written meanwhile, the status says why the views wait, and they catch up.
func TestTheLine(t *testing.T) {
	t.Parallel()
	l := openLine(t)
	notices := map[domain.Permission]*domain.Notices{"location": l.Notices("location")}
	p := l.SignUp("DE", "someone@example.org", notices)
	p.Set("location", "weather", true)
	device := p.Link("phone", "a model", "a name")
	l.Look(p)
	p.SignIn()
	l.same()

	l.proxy.Set(func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	p.Rename(device, "another name")
	p.Unlink(device)
	p.Set("location", "weather", false)
	p.Link("watch", "a model", "a name")
	l.SignUp("FR", "another@example.org", nil).SignIn()
	l.Look(p)
	waiting := l.waiting()
	if waiting.Lag == 0 {
		t.Error("a view that waits must lag")
	}
	l.proxy.Set(nil)
	l.same()
}

// waiting waits until a consumer reports that it is waiting for the cluster.
func (l *line) waiting() consumers.Status {
	l.Helper()
	ctx, cancel := context.WithTimeout(l.Context(), patience)
	defer cancel()
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for {
		all, err := l.run["cluster"].Status(ctx)
		must(l, err)
		for _, s := range all {
			if s.State == consumers.Waiting && s.Reason != "" {
				return s
			}
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			l.Fatal("no consumer says that it waits")
		}
	}
}
