package main

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
)

// between sits between an engine and its server: it can record requests, and
// stop passing them on.
type between struct {
	server *httptest.Server

	mu      sync.Mutex
	records bool
	bodies  [][]byte
	stalled chan struct{} // closed when the stall ends; nil while there is none
}

func newBetween(s *stage, target string) *between {
	to, err := url.Parse(target)
	s.must(err)
	forward := httputil.NewSingleHostReverseProxy(to)
	forward.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) }
	b := &between{}
	b.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if b.hold(r) {
			forward.ServeHTTP(w, r)
		}
	}))
	s.Cleanup(b.server.Close)
	return b
}

func (b *between) url() string { return b.server.URL }

// hold holds a request during a stall, and reports whether to pass it on.
func (b *between) hold(r *http.Request) bool {
	b.mu.Lock()
	records, stalled := b.records, b.stalled
	b.mu.Unlock()
	if records && strings.Contains(r.URL.Path, ".writer.") {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return false
		}
		b.mu.Lock()
		b.bodies = append(b.bodies, body)
		b.mu.Unlock()
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	if stalled == nil {
		return true
	}
	select {
	case <-stalled:
		return true
	case <-r.Context().Done():
		return false
	}
}

// record keeps the bodies of all bulk requests of documents, until they are
// fetched.
func (b *between) record() (recorded func() [][]byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.records = true
	return func() [][]byte {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.records = false
		return b.bodies
	}
}

// stall lets no request through until it is released.
func (b *between) stall() (release func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	held := make(chan struct{})
	b.stalled = held
	return func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.stalled = nil
		close(held)
	}
}
