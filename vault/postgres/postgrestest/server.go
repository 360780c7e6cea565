// Package postgrestest gives tests a real PostgreSQL server: the one that the variable
// ACCOUNTLEDGER_TEST_POSTGRES names, or one of their own, started from the binaries of
// Debian's package on a free port of 127.0.0.1, as a user other than root, with fsync on.
package postgrestest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/google/uuid"
)

// Variable names the environment variable with the address of a server to use.
const Variable = "ACCOUNTLEDGER_TEST_POSTGRES"

// ErrNoServer: no server is configured and none can be started here.
var ErrNoServer = errors.New("postgrestest: no PostgreSQL server: set " + Variable + " or install Debian's package postgresql")

// startPatience bounds how long a server may take to be ready.
const startPatience = time.Minute

// Server is a test's own PostgreSQL server. Its methods are not safe for concurrent use.
type Server struct {
	bin, root, data string
	account         *account
	port            int
	password        string

	process *os.Process
	ended   chan struct{}
	stop    sync.Once
	stopErr error
}

// Address returns the server that the variable names, or starts one. stop
// ends what was started.
func Address(ctx context.Context) (address string, stop func() error, err error) {
	if named := os.Getenv(Variable); named != "" {
		return named, func() error { return nil }, nil
	}
	s, err := Start(ctx)
	if err != nil {
		return "", nil, err
	}
	return s.Address(), s.Stop, nil
}

// Start creates a cluster in a temporary folder and starts a server on it, with the given settings
// ("name=value") in addition to our own. The server ends with Stop, or
// with this process, however that ends.
func Start(ctx context.Context, settings ...string) (*Server, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	who, err := notRoot()
	if err != nil {
		return nil, err
	}
	root, err := os.MkdirTemp("", "accountledger-postgres-")
	if err != nil {
		return nil, fmt.Errorf("postgrestest: making a folder: %w", err)
	}
	s := &Server{bin: bin, root: root, data: filepath.Join(root, "data"), account: who, password: uuid.NewString()}
	if err := s.initialise(ctx, settings); err != nil {
		return nil, errors.Join(err, os.RemoveAll(root))
	}
	// Another process may take the free port before the server does.
	for range 3 {
		if s.port, err = freePort(); err == nil {
			err = s.Run(ctx)
		}
		if err == nil || ctx.Err() != nil {
			break
		}
	}
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(root))
	}
	return s, nil
}

// Address is the server's address, with user and password.
func (s *Server) Address() string { return s.AddressAt(s.Host()) }

// Host is the server's host and port.
func (s *Server) Host() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)) }

// AddressAt is the server's address with another host and port, say a Proxy's.
func (s *Server) AddressAt(host string) string {
	return (&url.URL{
		Scheme: "postgres", User: url.UserPassword(superuser, s.password),
		Host: host, Path: "/postgres", RawQuery: "sslmode=disable",
	}).String()
}

// DataFolder is where the server keeps its files, including its write-ahead log.
func (s *Server) DataFolder() string { return s.data }

// Halt ends the server as an administrator would, even with open connections, with a checkpoint.
func (s *Server) Halt() error { return s.end(syscall.SIGINT) }

// Crash ends the server immediately, without a checkpoint: Run recovers from its log.
func (s *Server) Crash() error { return s.end(syscall.SIGQUIT) }

// Stop ends the server for good and deletes its folder. It may be called twice.
func (s *Server) Stop() error {
	s.stop.Do(func() {
		s.stopErr = errors.Join(s.Crash(), os.RemoveAll(s.root))
	})
	return s.stopErr
}

func (s *Server) end(signal syscall.Signal) error {
	if s.process == nil {
		return nil
	}
	err := s.process.Signal(signal)
	if err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("postgrestest: ending the server: %w", err)
	}
	<-s.ended
	s.process = nil
	return nil
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("postgrestest: looking for a port: %w", err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port, nil // a TCP listener has no other
}
