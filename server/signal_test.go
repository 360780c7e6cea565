package server_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"accountledger/server"
)

// serving is the real program on a new folder, with further settings in YAML.
func serving(t *testing.T, settings string) *process {
	t.Helper()
	folder := t.TempDir()
	config := filepath.Join(folder, "config.yaml")
	fatal(t, os.WriteFile(config, []byte("http: 127.0.0.1:0\ndev: true\nstore:\n  reserve: -1\n"+settings), 0o600))
	return run(t, binary(t), filepath.Join(folder, "data"), config, server.RoleAll)
}

// TestHangupIsHarmless (T12): SIGHUP is told once, and the server serves on and ends cleanly.
func TestHangupIsHarmless(t *testing.T) {
	p := serving(t, "")
	const told = "SIGHUP changes nothing"
	for range 3 {
		fatal(t, p.cmd.Process.Signal(syscall.SIGHUP))
		eventually(t, "the signal is told", func() bool { return strings.Contains(p.logs.String(), told) })
		p.want(200, "GET", "/healthz", "", "")
	}
	p.end(syscall.SIGTERM) // fails the test unless the program ends with 0
	if n := strings.Count(p.logs.String(), told); n != 1 {
		t.Errorf("told %d times", n)
	}
}
