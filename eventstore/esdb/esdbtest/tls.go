package esdbtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
)

// credentials makes the certificate of the nodes, and writes the file that vouches for it.
func (c *Cluster) credentials(tb testing.TB) credentials.TransportCredentials {
	tb.Helper()
	if !c.opts.TLS {
		return insecure.NewCredentials()
	}
	nodes := certify(tb, x509.ExtKeyUsageServerAuth)
	c.caFile = nodes.file(tb, "ca.pem", "CERTIFICATE", nodes.der)
	conf := &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{{Certificate: [][]byte{nodes.der}, PrivateKey: nodes.key}}}
	if c.opts.ClientCertificate {
		user := certify(tb, x509.ExtKeyUsageClientAuth)
		key, err := x509.MarshalPKCS8PrivateKey(user.key)
		if err != nil {
			tb.Fatal(err)
		}
		c.userCertFile, c.userKeyFile = user.file(tb, "user.pem", "CERTIFICATE", user.der), user.file(tb, "user.key", "PRIVATE KEY", key)
		conf.ClientAuth, conf.ClientCAs = tls.RequireAndVerifyClientCert, x509.NewCertPool()
		conf.ClientCAs.AddCert(user.parsed)
	}
	return credentials.NewTLS(conf)
}

// certificate is one that vouches for itself.
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

// file writes a file that goes with the test.
func (certificate) file(tb testing.TB, name, block string, bytes []byte) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), name)
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: block, Bytes: bytes}), 0o600); err != nil {
		tb.Fatal(err)
	}
	return path
}
