//go:build engines

package elastic_test

import (
	"encoding/pem"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"accountledger/projections/elastic"
	"accountledger/projections/elastic/elastictest"
	"accountledger/projections/view"
)

// TestPassword signs in to a server that requires it, and is refused without it.
func TestPassword(t *testing.T) {
	t.Parallel()
	const password = "canary-of-a-password"
	server, err := elastictest.Start(t.Context(), elastictest.Options{Password: password})
	must(t, err)
	t.Cleanup(func() { must(t, server.Close()) })
	for _, wrong := range []elastic.Options{
		{URLs: []string{server.URL()}},
		{URLs: []string{server.URL()}, Username: "elastic", Password: "canary"},
		{URLs: []string{server.URL()}, Username: "nobody", Password: password},
	} {
		e := engine(t, wrong)
		_, err := e.Open(t.Context(), notes(), 1)
		var said *elastic.ResponseError
		if !errors.As(err, &said) || said.Status != http.StatusUnauthorized || !errors.Is(err, view.ErrUnavailable) {
			t.Errorf("without the right password: %v", err)
		} else if strings.Contains(err.Error(), "canary") {
			t.Errorf("the error repeats a password: %v", err)
		}
		must(t, e.Close())
	}
	e := engine(t, elastic.Options{URLs: []string{server.URL()}, Username: "elastic", Password: password})
	g, err := e.Open(t.Context(), notes(), 1)
	must(t, err)
	must(t, g.Write(t.Context(), batch("1", note("a", 1))))
	if d, err := view.Get(t.Context(), g, "a"); err != nil || !d.Equal(note("a", 1)) {
		t.Errorf("a document written with the right password: %v", err)
	}
	must(t, g.Close())
	must(t, e.Close())
}

// TestCertificate reaches a server over TLS by the certificate it was given, and
// trusts no other.
func TestCertificate(t *testing.T) {
	t.Parallel()
	target, err := url.Parse(elastictest.URL(t))
	must(t, err)
	secure := httptest.NewUnstartedServer(httputil.NewSingleHostReverseProxy(target))
	secure.Config.ErrorLog = log.New(io.Discard, "", 0) // of refused handshakes
	secure.StartTLS()
	t.Cleanup(secure.Close)
	o := options(t)
	o.URLs = []string{secure.URL}
	stranger := engine(t, o)
	if _, err := stranger.Live(t.Context(), "notes"); !errors.Is(err, view.ErrUnavailable) {
		t.Errorf("a server of unknown certificate: %v", err)
	}
	must(t, stranger.Close())
	o.CACert = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secure.Certificate().Raw})
	friend := engine(t, o)
	if _, err := friend.Live(t.Context(), "notes"); !errors.Is(err, view.ErrNoGeneration) {
		t.Errorf("a server of known certificate: %v", err)
	}
	must(t, friend.Close())
}

// TestAnotherServer meets a server that is not Elasticsearch.
func TestAnotherServer(t *testing.T) {
	t.Parallel()
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("{}")) }))
	t.Cleanup(other.Close)
	e := engine(t, elastic.Options{URLs: []string{other.URL}})
	if _, err := e.Open(t.Context(), notes(), 1); !errors.Is(err, elastic.ErrNotElasticsearch) {
		t.Errorf("another server: %v", err)
	}
	must(t, e.Close())
}
