package server_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/letsencrypt/pebble/v2/ca"
	"github.com/letsencrypt/pebble/v2/db"
	"github.com/letsencrypt/pebble/v2/va"
	"github.com/letsencrypt/pebble/v2/wfe"
	"github.com/miekg/dns"
)

// authority is a certificate authority in this process (RFC 8555), which finds every host name at 127.0.0.1.
type authority struct {
	directory string
	root      string // file of the certificate by which it is known
	store     *db.MemoryStore
	issuer    *ca.CAImpl
	handler   atomic.Pointer[http.Handler]
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	quiet := log.New(io.Discard, "", 0)
	a := &authority{store: db.NewMemoryStore()}
	a.issuer = ca.New(quiet, a.store, "", "ecdsa", 0, 1, map[string]ca.Profile{"default": {Description: "for tests"}})
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { (*a.handler.Load()).ServeHTTP(w, r) }))
	t.Cleanup(s.Close)
	a.directory, a.root = s.URL+wfe.DirectoryPath, filepath.Join(t.TempDir(), "root.pem")
	fatal(t, os.WriteFile(a.root, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}), 0o600))
	return a
}

// validates at a port, which is known once the server listens.
func (a *authority) validates(t *testing.T, port int) {
	t.Helper()
	quiet := log.New(io.Discard, "", 0)
	front := wfe.New(quiet, a.store, va.New(quiet, 0, port, true, everywhere(t), a.store), a.issuer, nil, true, false, 0, 0)
	h := front.Handler()
	a.handler.Store(&h)
}

// everywhere is a name server by which every name is 127.0.0.1.
func everywhere(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	fatal(t, err)
	s := &dns.Server{Listener: l, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		m := new(dns.Msg).SetReply(q)
		if q.Question[0].Qtype == dns.TypeA {
			m.Answer = []dns.RR{&dns.A{Hdr: dns.RR_Header{Name: q.Question[0].Name, Rrtype: dns.TypeA, Class: dns.ClassINET, Ttl: 1}, A: net.IPv4(127, 0, 0, 1)}}
		}
		_ = w.WriteMsg(m)
	})}
	ended := make(chan error, 1)
	go func() { ended <- s.ActivateAndServe() }()
	t.Cleanup(func() { _ = s.Shutdown(); <-ended })
	return l.Addr().String()
}

// TestACME gets a certificate from an authority, which proves the name at the API's own port, and keeps it over a restart. For other
// names it asks for none.
func TestACME(t *testing.T) {
	t.Setenv("PEBBLE_VA_NOSLEEP", "1")
	t.Setenv("PEBBLE_WFE_NONCEREJECT", "0")
	a := newAuthority(t)
	cfg := config(t)
	cfg.TLS.ACME, cfg.TLS.ACMEDirectory, cfg.TLS.ACMERoots, cfg.TLS.ACMEEmail = "accounts.example.com", a.directory, a.root, "ops@example.net"
	r := start(t, cfg)
	at, err := url.Parse(r.url)
	fatal(t, err)
	port, err := strconv.Atoi(at.Port())
	fatal(t, err)
	a.validates(t, port)
	root := x509.NewCertPool()
	root.AddCert(a.issuer.GetRootCert(0).Cert)

	secure := strings.Replace(r.url, "http://", "https://", 1)
	resp, err := over(t.Context(), secure+"/healthz", root, "accounts.example.com")
	fatal(t, err)
	if resp.status != 200 || resp.major != 2 {
		t.Errorf("%+v", resp)
	}
	if c, err := tls.Dial("tcp", at.Host, &tls.Config{ServerName: "elsewhere.example.com", MinVersion: tls.VersionTLS12, RootCAs: root}); err == nil {
		t.Error("it has a certificate for another name")
		_ = c.Close()
	}
	r.stop()
	gone := http.NotFoundHandler() // nobody issues another
	a.handler.Store(&gone)
	r = start(t, cfg)
	if _, err := over(t.Context(), strings.Replace(r.url, "http://", "https://", 1)+"/healthz", root, "accounts.example.com"); err != nil {
		t.Errorf("after a restart: %v", err)
	}
	r.stop()
	cfg.Data = config(t).Data
	r = start(t, cfg)
	if _, err := over(t.Context(), strings.Replace(r.url, "http://", "https://", 1)+"/healthz", root, "accounts.example.com"); err == nil ||
		strings.Count(r.logs.String(), "no certificate could be got") != 1 {
		t.Errorf("without an authority: %v\n%s", err, r.logs)
	}
}
