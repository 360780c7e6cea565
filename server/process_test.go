package server_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"

	"accountledger/server"
)

// buildFolder is where the program is built; TestMain makes and removes it.
var buildFolder string

func TestMain(m *testing.M) {
	var err error
	if buildFolder, err = os.MkdirTemp("", "accountledger-test-"); err != nil {
		_, _ = os.Stderr.WriteString(err.Error() + "\n")
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(buildFolder)
	os.Exit(code)
}

var built = sync.OnceValues(func() (string, error) {
	path := filepath.Join(buildFolder, "accountledger")
	out, err := exec.Command("go", "build", "-o", path, "accountledger/cmd/accountledger").CombinedOutput()
	if err != nil {
		err = fmt.Errorf("building the program: %w\n%s", err, out)
	}
	return path, err
})

// binary is the real program, built when the first test wants it. With -short such a test is left out: the race detector, which runs so,
// would see nothing of another program.
func binary(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("it drives the program from outside")
	}
	path, err := built()
	fatal(t, err)
	return path
}

// process is one running copy of the real program.
type process struct {
	*running
	cmd  *exec.Cmd
	role string
}

var apiLine = regexp.MustCompile(`http://127\.0\.0\.1:\d+`)

// run starts the program on a data folder, and returns once it serves. It ends with the test.
func run(t *testing.T, program, data, config, role string) *process {
	t.Helper()
	p := &process{running: &running{t: t, logs: &logs{}}, role: role}
	var err error
	p.cfg, err = server.LoadConfig(config, map[string]any{"data": data, "role": role})
	fatal(t, err)
	p.cmd = exec.CommandContext(context.WithoutCancel(t.Context()), program, "serve", "--config", config, "--data", data, "--role", role,
		"--json", "--log-format", "text")
	p.cmd.Stderr = p.logs
	out, err := p.cmd.StdoutPipe()
	fatal(t, err)
	fatal(t, p.cmd.Start())
	t.Cleanup(func() {
		p.end(syscall.SIGTERM)
		if t.Failed() {
			t.Logf("%s: %s", role, tail(p.logs.String()))
		}
	})
	lines := bufio.NewScanner(out)
	for p.url == "" && lines.Scan() {
		p.url = apiLine.FindString(lines.Text())
	}
	if p.url == "" {
		t.Fatalf("the program did not start as %s: %s", role, tail(p.logs.String()))
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
	return p
}

func tail(s string) string { return s[max(0, len(s)-6000):] }

// end ends the program with a signal, and is sure that it is gone.
func (p *process) end(with syscall.Signal) {
	if p.cmd.ProcessState != nil {
		return
	}
	_ = p.cmd.Process.Signal(with)
	err := p.cmd.Wait()
	var exit *exec.ExitError
	if with == syscall.SIGTERM && err != nil && (!errors.As(err, &exit) || exit.ExitCode() != 0) {
		p.t.Errorf("%s ended with %v", p.role, err)
	}
}

// command runs one of the program's commands on a process's data folder and gives what it prints.
func (p *process) command(program, config string, args ...string) (string, error) {
	args = append(args, "--config", config, "--data", p.cfg.Data)
	out, err := exec.CommandContext(p.t.Context(), program, args...).CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

// plain sends a request and fails no test by itself.
func plain(ctx context.Context, method, url string, header http.Header, body string) (int, string, error) {
	req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	req.Header = header
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(text), err
}
