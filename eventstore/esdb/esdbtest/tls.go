package esdbtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
)

// identity holds the certificates of a cluster.
type identity struct {
	serving atomic.Pointer[tls.Certificate]
	caFile  string
	// The client's certificate and key, when it needs one.
	userCertFile, userKeyFile string
}

// credentials creates the nodes' certificate, and writes the CA file for it.
func (c *Cluster) credentials(tb testing.TB) credentials.TransportCredentials {
	tb.Helper()
	if !c.opts.TLS {
		return insecure.NewCredentials()
	}
	c.tls.caFile = filepath.Join(tb.TempDir(), "ca.pem")
	c.newAuthority(tb)
	conf := &tls.Config{
		MinVersion:     tls.VersionTLS12,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return c.tls.serving.Load(), nil },
	}
	if c.opts.ClientCertificate {
		user := certify(tb, x509.ExtKeyUsageClientAuth)
		key, err := x509.MarshalPKCS8PrivateKey(user.key)
		if err != nil {
			tb.Fatal(err)
		}
		c.tls.userCertFile, c.tls.userKeyFile = user.file(tb, "user.pem", "CERTIFICATE", user.der), user.file(tb, "user.key", "PRIVATE KEY", key)
		conf.ClientAuth, conf.ClientCAs = tls.RequireAndVerifyClientCert, x509.NewCertPool()
		conf.ClientCAs.AddCert(user.parsed)
	}
	return credentials.NewTLS(conf)
}

// newAuthority creates a certificate for the nodes from a new authority, and adds that authority to the CA file.
func (c *Cluster) newAuthority(tb testing.TB) {
	tb.Helper()
	nodes := certify(tb, x509.ExtKeyUsageServerAuth)
	bundle, err := os.ReadFile(c.tls.caFile)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		tb.Fatal(err)
	}
	bundle = append(bundle, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: nodes.der})...)
	// A reader of the file finds the old bundle or the new one.
	if err := os.Rename(write(tb, "ca.pem", bundle), c.tls.caFile); err != nil {
		tb.Fatal(err)
	}
	c.tls.serving.Store(&tls.Certificate{Certificate: [][]byte{nodes.der}, PrivateKey: nodes.key})
}

// RotateAuthority changes the certificate authority, as operators do: it extends the CA file that the connection strings name, and
// restarts the nodes with certificates of the new authority.
func (c *Cluster) RotateAuthority(tb testing.TB) {
	tb.Helper()
	c.newAuthority(tb)
	c.DropConnections()
}

// certificate is self-signed.
type certificate struct {
	der    []byte
	parsed *x509.Certificate
	key    *ecdsa.PrivateKey
}

func certify(tb testing.TB, usage x509.ExtKeyUsage) certificate {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "esdbtest"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{usage}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		DNSNames: []string{"localhost"},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		tb.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		tb.Fatal(err)
	}
	return certificate{der, parsed, key}
}

// file writes a file that is removed with the test.
func (certificate) file(tb testing.TB, name, block string, bytes []byte) string {
	tb.Helper()
	return write(tb, name, pem.EncodeToMemory(&pem.Block{Type: block, Bytes: bytes}))
}

func write(tb testing.TB, name string, content []byte) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil { // in the directory of the test
		tb.Fatal(err)
	}
	return path
}
