package postgrestest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// superuser is the cluster's own user, not a user of the machine.
const superuser = "accountledger"

// account is the user that runs the server; nil for the test's own.
type account struct{ uid, gid uint32 }

// binaries finds the newest PostgreSQL from Debian's packages, or one on the path.
func binaries() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil {
		return "", fmt.Errorf("postgrestest: %w", err)
	}
	version := func(path string) int {
		n, _ := strconv.Atoi(strings.Split(path, "/")[4])
		return n
	}
	slices.SortFunc(found, func(a, b string) int { return version(b) - version(a) })
	for _, path := range found {
		if _, err := os.Stat(filepath.Join(filepath.Dir(path), "postgres")); err == nil {
			return filepath.Dir(path), nil
		}
	}
	if path, err := exec.LookPath("postgres"); err == nil {
		return filepath.Dir(path), nil
	}
	return "", ErrNoServer
}

// notRoot finds a user to run the server as: it refuses to run as root.
func notRoot() (*account, error) {
	if os.Getuid() != 0 {
		return nil, nil // no other account is needed
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(u.Uid, 10, 32)
		if err != nil {
			continue
		}
		gid, err := strconv.ParseUint(u.Gid, 10, 32)
		if err != nil {
			continue
		}
		return &account{uint32(uid), uint32(gid)}, nil
	}
	return nil, fmt.Errorf("%w: no user to run it as", ErrNoServer)
}

// initialise creates the cluster.
func (s *Server) initialise(ctx context.Context, settings []string) error {
	secret := filepath.Join(s.root, "password")
	if err := os.WriteFile(secret, []byte(s.password+"\n"), 0o600); err != nil {
		return fmt.Errorf("postgrestest: %w", err)
	}
	if s.account != nil {
		for _, path := range []string{s.root, secret} {
			if err := os.Chown(path, int(s.account.uid), int(s.account.gid)); err != nil {
				return fmt.Errorf("postgrestest: %w", err)
			}
		}
	}
	c := s.command(ctx, "initdb", "--pgdata="+s.data, "--username="+superuser, "--pwfile="+secret,
		"--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync")
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("postgrestest: initdb: %w: %s", err, out)
	}
	lines := append([]string{
		"listen_addresses = '127.0.0.1'", "unix_socket_directories = ''",
		"fsync = on", "full_page_writes = on", "synchronous_commit = on",
		"shared_buffers = 64MB", "max_connections = 200", "log_min_messages = warning", "logging_collector = off",
	}, settings...)
	err := os.WriteFile(filepath.Join(s.data, "postgresql.auto.conf"), []byte(strings.Join(lines, "\n")+"\n"), 0o600)
	if err != nil {
		return fmt.Errorf("postgrestest: %w", err)
	}
	return nil
}

// Run starts the server on its cluster, after Halt or Crash, and returns when it is ready.
func (s *Server) Run(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	ready, ended := make(chan error, 1), make(chan struct{})
	life, kill := context.WithCancel(context.WithoutCancel(ctx))
	go func() {
		defer kill()
		s.watch(life, ready, ended)
	}()
	select {
	case err := <-ready:
		if err != nil {
			return fmt.Errorf("postgrestest: starting the server: %w", err)
		}
		s.ended = ended
		return nil
	case <-ctx.Done():
		kill()
		<-ended
		return fmt.Errorf("postgrestest: the server is not ready: %w", ctx.Err())
	}
}

// watch runs the server, reports when it is ready, judging by its output, and stays until it
// ends. The signal that ends it with its parent is tied to the thread that started it.
func (s *Server) watch(life context.Context, ready chan<- error, ended chan<- struct{}) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer close(ended)
	c := s.command(life, "postgres", "-D", s.data, "-p", strconv.Itoa(s.port))
	c.SysProcAttr.Pdeathsig = syscall.SIGQUIT
	stderr, err := c.StderrPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		ready <- err
		return
	}
	s.process = c.Process
	var said []string
	told := false
	lines := bufio.NewScanner(stderr)
	for lines.Scan() {
		if told {
			continue
		}
		said = append(said, lines.Text())
		if strings.Contains(lines.Text(), "database system is ready to accept connections") {
			ready <- nil
			told = true
		}
	}
	err = c.Wait()
	if !told {
		ready <- errors.Join(err, errors.New(strings.Join(said, "\n"))) // what the server said
	}
}

func (s *Server) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, filepath.Join(s.bin, name), args...) // a program of the package
	c.Dir = s.root
	c.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "TZ=UTC"}
	c.SysProcAttr = &syscall.SysProcAttr{}
	if s.account != nil {
		c.SysProcAttr.Credential = &syscall.Credential{Uid: s.account.uid, Gid: s.account.gid}
	}
	return c
}
