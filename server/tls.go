package server

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"

	"accountledger/api"
)

// TLSConfig is how the API is encrypted by this process itself; without any of it a reverse proxy has to do it.
type TLSConfig struct {
	Cert string `koanf:"cert"` // file of the certificate and those between, PEM
	Key  string `koanf:"key"`  // file of its private key, PEM
	// ACME are the host names, separated by commas, that a certificate is got for (RFC 8555), proven by TLS-ALPN-01 (RFC 8737) at
	// port 443. The certificate and its key are kept in the data folder, in no backup.
	ACME          string `koanf:"acme"`
	ACMEEmail     string `koanf:"acme_email"`     // for the authority's warnings
	ACMEDirectory string `koanf:"acme_directory"` // URL of the authority
	ACMERoots     string `koanf:"acme_roots"`     // file of the certificates by which it is known, PEM; empty: the system's
}

// Own reports whether this process encrypts the API.
func (c *TLSConfig) Own() bool { return c.Cert != "" || c.ACME != "" }

// check names the first setting that cannot be used.
func (c *TLSConfig) check() error {
	switch {
	case (c.Cert == "") != (c.Key == ""):
		return wrong("tls.key", "give tls.cert and tls.key, or neither")
	case c.Cert != "" && c.ACME != "":
		return wrong("tls.acme", "give either files or host names")
	}
	for _, host := range separated(c.ACME) {
		if _, err := netip.ParseAddr(host); err == nil || !strings.Contains(host, ".") || strings.ContainsAny(host, ":/* ") {
			return wrong("tls.acme", "give host names such as accounts.example.com, separated by commas")
		}
	}
	return nil
}

// separated is what a setting separates by commas.
func separated(text string) []string {
	var out []string
	for one := range strings.SplitSeq(text, ",") {
		if one = strings.TrimSpace(one); one != "" {
			out = append(out, one)
		}
	}
	return out
}

// acmeFolder is where certificates that were got are kept, in the data folder.
const acmeFolder = "acme"

// tlsConfig is how the API's connections are encrypted; nil: not at all.
func (s *Server) tlsConfig() (*tls.Config, error) {
	c := &s.cfg.TLS
	switch {
	case c.Cert != "":
		pair, err := openCertificate(c.Cert, c.Key, s.log, s.now)
		if err != nil {
			return nil, err
		}
		ends := prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "accountledger_tls_certificate_ends_seconds",
			Help: "When the API's certificate ends, in seconds since 1970."}, func() float64 { return float64(pair.until().Unix()) })
		return &tls.Config{GetCertificate: pair.get, NextProtos: []string{"h2", "http/1.1"}, MinVersion: tls.VersionTLS12}, s.metrics.Register(ends)
	case c.ACME != "":
		client, err := c.authority()
		if err != nil {
			return nil, err
		}
		m := &autocert.Manager{Prompt: autocert.AcceptTOS, Cache: autocert.DirCache(s.cfg.path(acmeFolder)), Email: c.ACMEEmail,
			HostPolicy: autocert.HostWhitelist(separated(c.ACME)...), Client: client}
		config := m.TLSConfig()
		config.MinVersion, config.GetCertificate = tls.VersionTLS12, s.telling(config.GetCertificate, separated(c.ACME))
		return config, nil
	}
	return nil, nil
}

// telling logs now and then why there is no certificate for one of our names. Other names are whatever strangers sent.
func (s *Server) telling(get func(*tls.ClientHelloInfo) (*tls.Certificate, error), ours []string) func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	var last atomic.Int64
	return func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		c, err := get(hello)
		if now := s.now().Unix(); err != nil && slices.Contains(ours, hello.ServerName) {
			if before := last.Load(); (now-before >= 60 || now < before) && last.CompareAndSwap(before, now) {
				s.log.Error("no certificate could be got from the authority", "host", hello.ServerName, "cause", err.Error())
			}
		}
		return c, err
	}
}

// authority is the client of the certificate authority.
func (c *TLSConfig) authority() (*acme.Client, error) {
	client := &acme.Client{DirectoryURL: c.ACMEDirectory}
	roots, err := readRoots("tls.acme_roots", c.ACMERoots)
	if err != nil || roots == nil {
		return client, err
	}
	client.HTTPClient = &http.Client{Timeout: time.Minute, Transport: &http.Transport{Proxy: http.ProxyFromEnvironment,
		TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}}
	return client, nil
}

// readRoots reads the certificates of a setting's file; nil when it names none: those of the system are meant.
func readRoots(setting, path string) (*x509.CertPool, error) {
	if path == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("config: %s: %w", setting, err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, wrong(setting, "name a file with certificates, PEM")
	}
	return roots, nil
}

// proxies are the reverse proxies that are trusted.
func (c *Config) proxies() (api.Proxies, error) {
	return api.NewProxies(separated(c.HTTPTrustedProxies), c.HTTPClientHeader)
}

// warnOfClearText says that passwords and tokens can be read on the way: the API is open to other machines, without TLS of its own
// and without a proxy that is known.
func (s *Server) warnOfClearText(listening net.Addr) {
	if s.cfg.TLS.Own() || len(separated(s.cfg.HTTPTrustedProxies)) > 0 || !reachedFromOutside(listening) {
		return
	}
	s.log.Warn("the API is open to other machines without encryption: passwords and tokens can be read on the way. Give tls.cert and tls.key, or "+
		"tls.acme, or put a reverse proxy with TLS in front and name it in http_trusted_proxies", "address", listening.String())
}
