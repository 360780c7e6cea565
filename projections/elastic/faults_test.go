//go:build engines

package elastic_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"accountledger/projections/elastic"
	"accountledger/projections/elastic/elastictest"
	"accountledger/projections/view"
)

// notes is a small view.
func notes() view.Schema {
	var f view.Fields
	f.Keyword("state")
	f.Number("size")
	return view.Schema{Name: "notes", Version: 1, Fields: f}
}

func note(id string, position int64) *view.Document {
	return &view.Document{ID: id, Position: position, Values: []view.Value{view.KeywordValue("new"), view.NumberValue(position)}}
}

func batch(checkpoint string, docs ...*view.Document) view.Batch {
	return view.Batch{Documents: docs, Checkpoint: view.Checkpoint(checkpoint)}
}

// scene is an engine with one generation, whose requests pass a proxy.
type scene struct {
	*testing.T
	options elastic.Options
	proxy   *elastictest.Proxy
	engine  *elastic.Engine
	view.Generation
}

func open(t *testing.T, change func(*elastic.Options)) *scene {
	t.Helper()
	o := options(t)
	o.Patience = 100 * time.Millisecond
	s := &scene{T: t, proxy: elastictest.NewProxy(t, o.URLs[0])}
	o.URLs = []string{s.proxy.URL()}
	if change != nil {
		change(&o)
	}
	s.options, s.engine = o, engine(t, o)
	var err error
	s.Generation, err = s.engine.Open(t.Context(), notes(), 1)
	must(t, err)
	t.Cleanup(func() {
		s.proxy.Set(nil)
		must(t, s.engine.Remove(context.Background(), "notes"))
		if s.Generation != nil {
			must(t, s.Close())
		}
		must(t, s.engine.Close())
	})
	return s
}

// Close ends the scene's generation.
func (s *scene) Close() error { return s.Generation.Close() }

func (s *scene) index() string { return s.options.Prefix + "-notes.v1.g1" }

// ask sends a test's own request to the server itself and returns the answer.
func (s *scene) ask(method, path, body string) string {
	s.Helper()
	return ask(s, method, elastictest.URL(s)+path, body)
}

func ask(t testing.TB, method, url, body string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), method, url, strings.NewReader(body))
	must(t, err)
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	must(t, err)
	defer func() { _ = response.Body.Close() }()
	text, _ := io.ReadAll(response.Body)
	if response.StatusCode != http.StatusOK {
		t.Fatalf("%s %s: %d %s", method, url, response.StatusCode, text)
	}
	return string(text)
}

// expect checks how many documents can be found, and where the checkpoint is.
func (s *scene) expect(documents int64, checkpoint string) {
	s.Helper()
	must(s, s.Refresh(s.Context()))
	n, err := s.Count(s.Context())
	must(s, err)
	at, err := s.Checkpoint(s.Context(), 0)
	must(s, err)
	if n != documents || string(at) != checkpoint {
		s.Errorf("%d documents up to %q, want %d up to %q", n, at, documents, checkpoint)
	}
}

// fails checks that a write fails with a temporary error, and moves no checkpoint.
func (s *scene) fails(b view.Batch) error {
	s.Helper()
	err := s.Write(s.Context(), b)
	if !errors.Is(err, view.ErrUnavailable) || errors.Is(err, view.ErrDocument) || errors.Is(err, view.ErrNoGeneration) || errors.Is(err, view.ErrCorrupt) {
		s.Fatalf("a write while nothing can be written: %v", err)
	}
	return err
}

// TestDown stops a server and starts it again: a write fails meanwhile, and the
// same write goes through afterwards.
func TestDown(t *testing.T) {
	t.Parallel()
	server, err := elastictest.Start(t.Context(), elastictest.Options{})
	must(t, err)
	t.Cleanup(func() { must(t, server.Close()) })
	s := open(t, func(o *elastic.Options) { o.URLs = []string{server.URL()} })
	must(t, s.Write(t.Context(), batch("1", note("a", 1))))
	must(t, s.engine.Swap(t.Context(), s.ID()))

	must(t, server.Kill())
	next := batch("2", note("a", 2), note("b", 2))
	s.fails(next)
	for what, err := range asks(t, s.engine, s) {
		if !errors.Is(err, view.ErrUnavailable) {
			t.Errorf("%s while the server is down: %v", what, err)
		}
	}
	must(t, server.Resume(t.Context()))
	// What was acknowledged before the server was killed is there.
	s.expect(1, "1")
	must(t, s.Write(t.Context(), next))
	s.expect(2, "2")
	live, err := s.engine.Live(t.Context(), "notes")
	if err != nil || live != s.ID() {
		t.Errorf("live after a restart: %v", err)
	}
}

// TestBlocked makes an index read-only, as Elasticsearch does when a disk is full.
func TestBlocked(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	must(t, s.Write(t.Context(), batch("1", note("a", 1))))
	s.ask(http.MethodPut, "/"+s.index()+"/_settings", `{"index.blocks.read_only_allow_delete":true}`)
	err := s.fails(batch("2", note("b", 2)))
	if !strings.Contains(err.Error(), "cluster_block_exception") {
		t.Errorf("the error does not say why: %v", err)
	}
	s.expect(1, "1")
	s.ask(http.MethodPut, "/"+s.index()+"/_settings", `{"index.blocks.read_only_allow_delete":null}`)
	must(t, s.Write(t.Context(), batch("2", note("b", 2))))
	s.expect(2, "2")
}

// TestSlow has a server that answers too late: what it did anyway does no
// harm when it is written again.
func TestSlow(t *testing.T) {
	t.Parallel()
	s := open(t, func(o *elastic.Options) { o.Timeout = 2 * time.Second })
	s.proxy.Set(func(_ http.ResponseWriter, r *http.Request, forward http.Handler) {
		body, _ := io.ReadAll(r.Body)
		again := r.Clone(context.WithoutCancel(r.Context()))
		again.Body = io.NopCloser(bytes.NewReader(body))
		forward.ServeHTTP(discard{}, again)
		<-r.Context().Done() // the answer never comes
	})
	s.fails(batch("1", note("a", 1)))
	s.proxy.Set(nil)
	s.expect(1, "")
	must(t, s.Write(t.Context(), batch("1", note("a", 1), note("b", 1))))
	s.expect(2, "1")
}

// discard is an answer that is thrown away.
type discard struct{}

func (discard) Header() http.Header         { return http.Header{} }
func (discard) Write(p []byte) (int, error) { return len(p), nil }
func (discard) WriteHeader(int)             {}

// TestLostReply loses the answer to the write of a checkpoint: the repeat finds
// that it is stored.
func TestLostReply(t *testing.T) {
	t.Parallel()
	s := open(t, func(o *elastic.Options) { o.Patience = time.Second })
	var lost atomic.Bool
	s.proxy.Set(func(w http.ResponseWriter, r *http.Request, forward http.Handler) {
		if strings.Contains(r.URL.Path, ".checkpoints/_bulk") && lost.CompareAndSwap(false, true) {
			forward.ServeHTTP(discard{}, r)
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		forward.ServeHTTP(w, r)
	})
	must(t, s.Write(t.Context(), batch("1", note("a", 1))))
	must(t, s.Write(t.Context(), batch("2", note("a", 2))))
	s.expect(1, "2")
	if !lost.Load() {
		t.Error("no reply was lost")
	}
}

// item answers one item of each bulk request of documents in place of the server;
// the others are stored.
func item(at int, status int, kind string, times int) elastictest.Fault {
	var done atomic.Int64
	return func(w http.ResponseWriter, r *http.Request, forward http.Handler) {
		body, _ := io.ReadAll(r.Body)
		lines := bytes.SplitAfter(body, []byte("\n"))
		if !strings.Contains(r.URL.Path, ".writer.") || done.Add(1) > int64(times) || len(lines) < 2*at+3 {
			r.Body = io.NopCloser(bytes.NewReader(body))
			forward.ServeHTTP(w, r)
			return
		}
		rest := bytes.Join(append(append([][]byte{}, lines[:2*at]...), lines[2*at+2:]...), nil)
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(rest)), int64(len(rest))
		forward.ServeHTTP(discard{}, r)
		w.Header().Set("X-Elastic-Product", "Elasticsearch")
		var items []string
		for i := range (len(lines) - 1) / 2 {
			if i == at {
				items = append(items, fmt.Sprintf(`{"index":{"status":%d,"error":{"type":%q}}}`, status, kind))
			} else {
				items = append(items, `{"index":{"status":201}}`)
			}
		}
		_, _ = fmt.Fprintf(w, `{"items":[%s]}`, strings.Join(items, ","))
	}
}

// TestItemTooMany has one item rejected for a retry, which goes unnoticed.
func TestItemTooMany(t *testing.T) {
	t.Parallel()
	s := open(t, func(o *elastic.Options) { o.Patience = 5 * time.Second })
	s.proxy.Set(item(1, http.StatusTooManyRequests, "es_rejected_execution_exception", 2))
	must(t, s.Write(t.Context(), batch("1", note("a", 1), note("b", 1), note("c", 1))))
	s.expect(3, "1")
	if n := s.engine.Stats().Retries; n == 0 {
		t.Error("nothing was sent again")
	}
}

// TestItemRefused has one item refused permanently: the others are stored, the checkpoint
// stays, and the batch goes through once the cause is fixed.
func TestItemRefused(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	s.proxy.Set(item(1, http.StatusBadRequest, "mapper_parsing_exception", 1))
	docs := batch("1", note("a", 1), note("canary", 1), note("c", 1))
	err := s.Write(t.Context(), docs)
	var refused *elastic.RefusedError
	if !errors.As(err, &refused) || refused.Documents != 1 || errors.Is(err, view.ErrCorrupt) || strings.Contains(err.Error(), "canary") {
		t.Errorf("one document refused: %v", err)
	}
	s.expect(2, "")
	must(t, s.Write(t.Context(), docs))
	s.expect(3, "1")
	if got := s.engine.Stats(); got.Refused != 1 || got.Busy != 0 {
		t.Errorf("stats: %+v", got)
	}
}

// TestReplaced checks that an index that someone else deleted, or recreated in
// another shape, is reported as lost, so that the view is rebuilt.
func TestReplaced(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	must(t, s.Write(t.Context(), batch("1", note("a", 1))))
	must(t, s.Refresh(t.Context()))
	s.ask(http.MethodDelete, "/"+s.index(), "")
	if err := s.Write(t.Context(), batch("2", note("b", 2))); !errors.Is(err, view.ErrNoGeneration) {
		t.Errorf("a write to an index that is gone: %v", err)
	}
	if _, err := s.Query(t.Context(), view.Query{}); !errors.Is(err, view.ErrNoGeneration) {
		t.Errorf("a query of an index that is gone: %v", err)
	}
	if _, err := s.Load(t.Context(), []string{"a"}); !errors.Is(err, view.ErrNoGeneration) {
		t.Errorf("a look-up in an index that is gone: %v", err)
	}
	s.ask(http.MethodPut, "/"+s.index(), `{"mappings":{"dynamic":"strict","properties":{"more":{"type":"date"}}}}`)
	if err := s.Write(t.Context(), batch("2", note("b", 2))); !errors.Is(err, view.ErrCorrupt) {
		t.Errorf("a write to an index of another shape: %v", err)
	}
	must(t, s.Close())
	if _, err := s.engine.Open(t.Context(), notes(), 1); !errors.Is(err, view.ErrMismatch) {
		t.Errorf("an index of another shape was opened: %v", err)
	}
	// The next generation starts with nothing, not even a checkpoint, even under
	// the old number.
	must(t, s.engine.Drop(t.Context(), s.ID()))
	var err error
	s.Generation, err = s.engine.Open(t.Context(), notes(), 1)
	must(t, err)
	s.expect(0, "")
}

// TestStalled stalls the server: writers wait, and there are never more bulk
// requests than were allowed.
func TestStalled(t *testing.T) {
	t.Parallel()
	s := open(t, func(o *elastic.Options) { o.Requests, o.BulkBytes = 2, 256 })
	release, stalled := make(chan struct{}), make(chan struct{}, 100)
	s.proxy.Set(func(w http.ResponseWriter, r *http.Request, forward http.Handler) {
		stalled <- struct{}{}
		<-release
		forward.ServeHTTP(w, r)
	})
	var docs []*view.Document
	for i := range 50 {
		docs = append(docs, note(fmt.Sprint("n", i), 1))
	}
	written := make(chan error, 1)
	go func() { written <- s.Write(t.Context(), batch("1", docs...)) }()
	<-stalled
	<-stalled
	cancelled, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := s.Write(cancelled, view.Batch{Partition: 1, Documents: docs[:1]}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a write behind a stalled one: %v", err)
	}
	stats := s.engine.Stats()
	if more := len(stalled); stats.Busy != 2 || more != 0 {
		t.Errorf("%d requests under way and %d more, want 2", stats.Busy, more)
	}
	// A chunk may be longer than was allowed by less than one document.
	if stats.BytesInFlight < 2*256 || stats.BytesInFlight > 2*(256+200) {
		t.Errorf("%d bytes under way, want about 512", stats.BytesInFlight)
	}
	close(release)
	must(t, <-written)
	s.expect(50, "1")
}
