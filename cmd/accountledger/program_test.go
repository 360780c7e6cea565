package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// built is the real program, built when the first test wants it.
var built = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "accountledger-test-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "accountledger")
	if out, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput(); err != nil {
		return "", errors.Join(err, errors.New(string(out)), os.RemoveAll(dir))
	}
	return path, nil
})

// wanted says whether a test built the program.
var wanted bool

func TestMain(m *testing.M) {
	if signal.Ignored(syscall.SIGHUP) { // under nohup: the programs that it starts would ignore it as well
		signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP)
	}
	code := m.Run()
	if wanted {
		if path, err := built(); err == nil {
			_ = os.RemoveAll(filepath.Dir(path))
		}
	}
	os.Exit(code)
}

// program is a command line of the real program, which has no settings but those of env. With -short such a test is left out: the race
// detector, which runs so, would see nothing of another program.
func program(t *testing.T, env []string, args ...string) *exec.Cmd {
	t.Helper()
	if testing.Short() {
		t.Skip("it drives the program from outside")
	}
	wanted = true
	path, err := built()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), path, args...)
	for _, pair := range os.Environ() {
		if !strings.HasPrefix(pair, "ACCOUNTLEDGER_") {
			c.Env = append(c.Env, pair)
		}
	}
	c.Env = append(append(c.Env, "ACCOUNTLEDGER_STORE_RESERVE=-1"), env...)
	return c
}

// ended is what a command line printed, and its exit code.
type ended struct {
	out, err string
	code     int
}

func runProgram(t *testing.T, env []string, args ...string) ended {
	t.Helper()
	var out, errs bytes.Buffer
	c := program(t, env, args...)
	c.Stdout, c.Stderr = &out, &errs
	err := c.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return ended{out.String(), errs.String(), c.ProcessState.ExitCode()}
}
