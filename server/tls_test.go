package server_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"accountledger/server"
)

// writeCertificate makes a certificate for 127.0.0.1 that signs itself, and gives its serial number's pool.
func writeCertificate(t *testing.T, cert, key, name string) *x509.CertPool {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	fatal(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	fatal(t, err)
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	fatal(t, err)
	fatal(t, os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), 0o600))
	fatal(t, os.WriteFile(cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	pool := x509.NewCertPool()
	parsed, err := x509.ParseCertificate(der)
	fatal(t, err)
	pool.AddCert(parsed)
	return pool
}

// page is what was answered by TLS.
type page struct {
	status, major int
	header        http.Header
}

// over asks for a page by TLS, trusting a pool.
func over(ctx context.Context, url string, pool *x509.CertPool, name string) (page, error) {
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, ServerName: name, MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: true}
	defer transport.CloseIdleConnections()
	req, err := http.NewRequestWithContext(ctx, "GET", url, nil)
	if err != nil {
		return page{}, err
	}
	resp, err := (&http.Client{Transport: transport}).Do(req)
	if err != nil {
		return page{}, err
	}
	return page{resp.StatusCode, resp.ProtoMajor, resp.Header}, resp.Body.Close()
}

// TestTLS: the API by its own certificate, HTTP/2 included; a renewed certificate is used without a restart, and half of one is not.
func TestTLS(t *testing.T) {
	t.Parallel()
	cfg, dir := config(t), t.TempDir()
	cfg.TLS.Cert, cfg.TLS.Key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	old := writeCertificate(t, cfg.TLS.Cert, cfg.TLS.Key, "old.example.com")
	r := start(t, cfg)
	url := strings.Replace(r.url, "http://", "https://", 1)
	resp, err := over(t.Context(), url+"/healthz", old, "old.example.com")
	fatal(t, err)
	if resp.status != 200 || resp.major != 2 || resp.header.Get("Strict-Transport-Security") != "max-age=31536000" {
		t.Errorf("%+v", resp)
	}
	if r.want(400, "GET", "/healthz", "", ""); !strings.Contains(r.inside(200, "/metrics").body, "accountledger_tls_certificate_ends_seconds 1.") {
		t.Error("no metric says when the certificate ends")
	}
	fatal(t, os.WriteFile(cfg.TLS.Cert, []byte("half a certif"), 0o600))
	eventually(t, "the broken certificate being noticed", func() bool {
		resp, err := over(t.Context(), url+"/healthz", old, "old.example.com")
		return err == nil && resp.status == 200 && strings.Contains(r.logs.String(), "the old one stays in use")
	})
	renewed := writeCertificate(t, cfg.TLS.Cert, cfg.TLS.Key, "new.example.com")
	eventually(t, "the renewed certificate", func() bool {
		_, err := over(t.Context(), url+"/healthz", renewed, "new.example.com")
		return err == nil
	})
	if strings.Contains(r.logs.String(), "PRIVATE") {
		t.Error("the log holds a key")
	}
}

func TestTLSSettings(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, flags := range map[string]map[string]any{
		"tls.key":              {"tls.cert": "a"},
		"tls.acme":             {"tls.acme": "localhost"},
		"http_client_header":   {"http_client_header": "X-Real-IP"},
		"http_trusted_proxies": {"http_trusted_proxies": "0.0.0.0/1,128.0.0.0/1"},
	} {
		flags["data"], flags["dev"] = dir, true
		if _, err := server.LoadConfig("", flags); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	cfg := config(t)
	cfg.TLS.Cert, cfg.TLS.Key = filepath.Join(dir, "none.pem"), filepath.Join(dir, "none.key")
	s, err := server.Open(t.Context(), cfg, server.Options{})
	fatal(t, err)
	if err := s.Run(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "none.pem") {
		t.Errorf("a certificate that is not there: %v", err)
	}
	fatal(t, s.Close())
}

// TestClearTextIsSaid at each start that opens the API to other machines, unless a proxy in front is known.
func TestClearTextIsSaid(t *testing.T) {
	t.Parallel()
	const said = "can be read on the way"
	for address, proxies := range map[string]string{"0.0.0.0:0": "", "127.0.0.1:0": "", ":0": "10.0.0.0/8"} {
		cfg := config(t)
		cfg.HTTP, cfg.HTTPTrustedProxies = address, proxies
		r := start(t, cfg)
		if got, want := strings.Contains(r.logs.String(), said), address == "0.0.0.0:0"; got != want {
			t.Errorf("%s behind %q: %t", address, proxies, got)
		}
		r.stop()
	}
}

// TestBehindAProxy: a session shows where its owner came from as a trusted proxy says, and a stranger's word about it is ignored.
func TestBehindAProxy(t *testing.T) {
	t.Parallel()
	cfg, mail := withMail(t)
	cfg.HTTPTrustedProxies = "127.0.0.0/8"
	r := start(t, cfg)
	ada := r.join(mail, "ada@example.com", "Ada's phone")
	in := `{"email":"ada@example.com","password":"` + password + `"}`
	r.want(201, "POST", "/v1/sessions", "", in, "X-Forwarded-For", "192.0.2.200, 203.0.113.77")
	if body := r.want(200, "GET", "/v1/sessions", ada.token, "").body; !strings.Contains(body, "203.0.113.77") || strings.Contains(body, "192.0.2.200") {
		t.Errorf("the sessions are %s", body)
	}
}
