package elastictest

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync/atomic"
	"testing"
)

// Fault answers a request in place of a server, or passes it on to forward,
// late or changed.
type Fault func(w http.ResponseWriter, r *http.Request, forward http.Handler)

// Proxy sits between an engine and its server and lets a test interfere.
type Proxy struct {
	server *httptest.Server
	fault  atomic.Pointer[Fault]
}

// NewProxy starts a proxy that ends with the test.
func NewProxy(tb testing.TB, target string) *Proxy {
	tb.Helper()
	to, err := url.Parse(target)
	if err != nil {
		tb.Fatal(err)
	}
	forward := httputil.NewSingleHostReverseProxy(to)
	forward.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) }
	p := &Proxy{}
	p.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if fault := p.fault.Load(); fault != nil {
			(*fault)(w, r, forward)
			return
		}
		forward.ServeHTTP(w, r)
	}))
	tb.Cleanup(p.server.Close)
	return p
}

// URL is the proxy's URL.
func (p *Proxy) URL() string { return p.server.URL }

// Set applies a fault to all further requests; nil removes it.
func (p *Proxy) Set(fault Fault) {
	if fault == nil {
		p.fault.Store(nil)
		return
	}
	p.fault.Store(&fault)
}
