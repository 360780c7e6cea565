//go:build engines

package elastic_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"accountledger/projections/elastic"
	"accountledger/projections/elastic/elastictest"
	"accountledger/projections/view"
)

// TestRed creates a generation whose only shard cannot be allocated in the cluster:
// every call reports that, and works once it is allocated.
func TestRed(t *testing.T) {
	t.Parallel()
	var template string
	s := open(t, func(o *elastic.Options) {
		o.Timeout = 2 * time.Second
		template = "/_index_template/red-" + o.Prefix
		ask(t, http.MethodPut, elastictest.URL(t)+template, fmt.Sprintf(
			`{"index_patterns":["%s-*"],"priority":1000,"template":{"settings":{"index.routing.allocation.require._name":"nowhere"}}}`, o.Prefix))
	})
	t.Cleanup(func() { ask(s, http.MethodDelete, elastictest.URL(t)+template, "") })
	index := "/" + s.index()
	if health := s.ask(http.MethodGet, "/_cluster/health"+index+"?filter_path=status", ""); !strings.Contains(health, "red") {
		t.Fatalf("the index is not red: %s", health)
	}
	err := s.fails(batch("1", note("a", 1)))
	if !strings.Contains(err.Error(), "unavailable_shards_exception") {
		t.Errorf("the error does not say why: %v", err)
	}
	for what, err := range asks(t, s.engine, s) {
		if (what == "query" || what == "load" || what == "refresh" || what == "count") && !errors.Is(err, view.ErrUnavailable) {
			t.Errorf("%s while the index is red: %v", what, err)
		}
	}
	s.checkpoints(s, 0, "", "")
	s.ask(http.MethodPut, index+"/_settings", `{"index.routing.allocation.require._name":null}`)
	s.ask(http.MethodGet, "/_cluster/health"+index+"?wait_for_status=yellow&timeout=10s", "")
	must(t, s.Write(t.Context(), batch("1", note("a", 1))))
	s.expect(1, "1")
}

// asks tries everything that only reads.
func asks(t *testing.T, e *elastic.Engine, g view.Generation) map[string]error {
	t.Helper()
	ctx, all := t.Context(), map[string]error{}
	_, all["query"] = g.Query(ctx, view.Query{})
	_, all["count"] = g.Count(ctx)
	_, all["load"] = g.Load(ctx, []string{"a"})
	_, all["checkpoint"] = g.Checkpoint(ctx, 0)
	_, all["searchable"] = g.Searchable(ctx, 0)
	all["refresh"] = g.Refresh(ctx)
	_, all["live"] = e.Live(ctx, "notes")
	_, all["generations"] = e.Generations(ctx, "notes")
	return all
}

// TestOutOfReach creates an engine for a cluster that is not there: that works, and
// every call reports that it is out of reach, until it is there.
func TestOutOfReach(t *testing.T) {
	t.Parallel()
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	o := options(t)
	o.URLs, o.Patience = []string{gone.URL}, 50*time.Millisecond
	e := engine(t, o)
	ctx, id := t.Context(), view.GenerationID{View: "notes", Version: 1, Number: 1}
	_, opened := e.Open(ctx, notes(), 1)
	_, live := e.Live(ctx, "notes")
	_, listed := e.Generations(ctx, "notes")
	for what, err := range map[string]error{
		"open": opened, "live": live, "list": listed, "swap": e.Swap(ctx, id), "drop": e.Drop(ctx, id), "remove": e.Remove(ctx, "notes"),
	} {
		if !errors.Is(err, view.ErrUnavailable) {
			t.Errorf("%s while the cluster is out of reach: %v", what, err)
		}
	}
	must(t, e.Close())

	// The same engine works as soon as the cluster does.
	o = options(t)
	proxy := elastictest.NewProxy(t, o.URLs[0])
	proxy.Set(func(http.ResponseWriter, *http.Request, http.Handler) { panic(http.ErrAbortHandler) })
	o.URLs = []string{proxy.URL()}
	e = engine(t, o)
	if _, err := e.Open(ctx, notes(), 1); !errors.Is(err, view.ErrUnavailable) {
		t.Errorf("open while connections break: %v", err)
	}
	proxy.Set(nil)
	g, err := e.Open(ctx, notes(), 1)
	must(t, err)
	must(t, g.Write(ctx, batch("1", note("a", 1))))
	must(t, g.Close())
	must(t, e.Remove(ctx, "notes"))
	must(t, e.Close())
}

// TestMappingConflict has someone recreate the index under its aliases, with
// another kind of field: the one document that does not fit is reported, the place
// stays, and the generation counts as damaged.
func TestMappingConflict(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	must(t, s.Write(t.Context(), batch("1", note("a", 1))))
	var writer string
	for _, alias := range strings.Split(s.ask(http.MethodGet, "/_cat/aliases/"+s.index()+".writer.*?h=alias", ""), "\n") {
		writer += strings.TrimSpace(alias)
	}
	s.ask(http.MethodDelete, "/"+s.index(), "")
	s.ask(http.MethodPut, "/"+s.index(), fmt.Sprintf(
		`{"mappings":{"properties":{"state":{"type":"long"}}},"aliases":{%q:{}}}`, writer))
	fits, not := note("b", 2), note("c", 2)
	fits.Values[0], not.Values[0] = view.KeywordValue("7"), view.KeywordValue("canary")
	err := s.Write(t.Context(), batch("2", fits, not))
	var refused *elastic.RefusedError
	if !errors.As(err, &refused) || refused.Documents != 1 || refused.First.Status != http.StatusBadRequest ||
		!errors.Is(err, view.ErrCorrupt) || errors.Is(err, view.ErrUnavailable) || strings.Contains(err.Error(), "canary") {
		t.Errorf("a document that the mapping does not fit: %v", err)
	}
	s.checkpoints(s, 0, "1", "")
}

// floodAt is above what any disk has free, so that every disk counts as full.
const (
	floodAt    = `{"persistent":{"cluster.routing.allocation.disk.threshold_enabled":true,"cluster.routing.allocation.disk.watermark":{"low":"900tb","high":"900tb","flood_stage":"900tb"}}}`
	floodEnded = `{"persistent":{"cluster.routing.allocation.disk.threshold_enabled":null,"cluster.routing.allocation.disk.watermark":{"low":null,"high":null,"flood_stage":null}}}`
)

// TestFullDisk lets Elasticsearch itself find that the disk is too full and end
// all writing, and later find room again.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	server, err := elastictest.Start(t.Context(), elastictest.Options{Settings: []string{"cluster.info.update.interval=10s"}})
	must(t, err)
	t.Cleanup(func() { must(t, server.Close()) })
	s := open(t, func(o *elastic.Options) { o.URLs = []string{server.URL()} })
	settle := func(settings string) { ask(t, http.MethodPut, server.URL()+"/_cluster/settings", settings) }
	// eventually writes repeatedly until the result is as expected.
	position := int64(0)
	eventually := func(what string, so func(error) bool) {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		look := time.NewTicker(250 * time.Millisecond)
		defer look.Stop()
		for {
			err := s.Write(ctx, batch(fmt.Sprint(position+1), note("a", position+1)))
			if err == nil {
				position++
			}
			if so(err) {
				return
			}
			select {
			case <-look.C:
			case <-ctx.Done():
				t.Fatalf("%s: it does not come to that: %v", what, err)
			}
		}
	}
	settle(floodAt)
	eventually("the disk is full", func(err error) bool {
		return errors.Is(err, view.ErrUnavailable) && strings.Contains(err.Error(), "cluster_block_exception")
	})
	// What was written is there, and found. The document of the write that failed may be there too: documents are stored
	// before their checkpoint, and the disk may have become full in between.
	switch d, err := view.Get(t.Context(), s, "a"); {
	case position == 0:
	case err != nil:
		t.Errorf("the last document is not there: %v", err)
	case d.Position != position && d.Position != position+1:
		t.Errorf("the last document is of position %d instead of %d", d.Position, position)
	}
	if position > 0 {
		s.checkpoints(s, 0, fmt.Sprint(position), "")
	}
	if _, err := s.Query(t.Context(), view.Query{}); err != nil {
		t.Errorf("a query while the disk is full: %v", err)
	}
	settle(floodEnded)
	eventually("the disk has room", func(err error) bool { return err == nil })
	s.expect(1, fmt.Sprint(position))
}
