package esdb

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"

	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"

	"accountledger/eventstore"
)

// checkFiles reads the files that a connection string names, so that faults in them are reported at the start.
func (c *config) checkFiles() error {
	if _, err := c.transport(); err != nil {
		return fmt.Errorf("%w: the connection string of EventStoreDB: %w", eventstore.ErrInvalid, err)
	}
	return nil
}

// transport creates the credentials for one connection. It reads the files each time: authorities and certificates are replaced
// while the ledger runs. An error names the file.
func (c *config) transport() (credentials.TransportCredentials, error) {
	if !c.tls {
		return insecure.NewCredentials(), nil
	}
	conf := &tls.Config{
		MinVersion:         tls.VersionTLS12,
		InsecureSkipVerify: !c.verify, //nolint:gosec // only when the operator says so
	}
	if c.caFile != "" {
		pem, err := os.ReadFile(c.caFile)
		if err != nil {
			return nil, &fileError{"tlsCAFile", err}
		}
		conf.RootCAs = x509.NewCertPool()
		if !conf.RootCAs.AppendCertsFromPEM(pem) {
			return nil, &fileError{"tlsCAFile", fmt.Errorf("%s has no PEM certificate", c.caFile)}
		}
	}
	if c.certFile != "" {
		pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
		if err != nil {
			return nil, &fileError{"userCertFile " + c.certFile + ", userKeyFile " + c.keyFile, err}
		}
		conf.Certificates = []tls.Certificate{pair}
	}
	return credentials.NewTLS(conf), nil
}

// fileError names a setting whose file cannot be read.
type fileError struct {
	setting string
	err     error
}

// Error implements error.
func (e *fileError) Error() string { return e.setting + ": " + e.err.Error() }

// Unwrap returns the cause.
func (e *fileError) Unwrap() error { return e.err }
