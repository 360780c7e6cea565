package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/go-json-experiment/json"
)

// Time limits for the program. They are reached only if something is wrong.
const (
	startTimeout = 30 * time.Second
	stopTimeout  = 30 * time.Second
)

// program is the real program, built once.
type program struct{ path string }

func build(ctx context.Context, dir string) (program, error) {
	path := filepath.Join(dir, "accountledger")
	out, err := exec.CommandContext(ctx, "go", "build", "-o", path, "accountledger/cmd/accountledger").CombinedOutput()
	if err != nil {
		return program{}, fmt.Errorf("building the program: %w\n%s", err, out)
	}
	return program{path}, nil
}

// environment is this process's, without settings of the program.
func environment() []string {
	var out []string
	for _, pair := range os.Environ() {
		if !strings.HasPrefix(pair, "ACCOUNTLEDGER_") {
			out = append(out, pair)
		}
	}
	return out
}

// configure writes the configuration of a ledger, and returns its path.
func configure(f folders, mailPort int) (string, error) {
	path := filepath.Join(f.root, "config.yaml")
	return path, os.WriteFile(path, fmt.Appendf(nil, `http: 127.0.0.1:0
http_drain: 0s
internal: {http: 127.0.0.1:0}
controller: {id: acme, name: Acme, address: 1 Main Street, contact: privacy@example.com, jurisdiction: DE, places: DE}
master_key: %s
backup: {list: %s}
erasure: {grace: 0s}
abuse: {sign_ups_hour: 0, sign_ups_day: 0, changes_minute: 0, sign_ins_hour: 0}
store: {reserve: -1}
smtp: {host: 127.0.0.1, port: %d, from: ledger@mail.test, tls: none}
`, f.key(), f.list(), mailPort), 0o600)
}

// process is one run of the server.
type process struct {
	program program
	folders folders
	config  string
	url     string
	cmd     *exec.Cmd
	log     *output
	ended   chan struct{}
}

// output collects a process's output, readable at any time.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// refusal is a start that ended before the API answered.
type refusal struct {
	code   int // of the exit; -1 after a signal
	stderr string
}

func (r *refusal) Error() string {
	return fmt.Sprintf("the program ended with code %d before it served: %s", r.code, r.message())
}

// message is the program's last message.
func (r *refusal) message() string {
	text := strings.TrimSpace(r.stderr)
	var last struct {
		Error struct {
			Message string `json:"message"`
		} `json:"error"`
	}
	if line := text[strings.LastIndexByte(text, '\n')+1:]; json.Unmarshal([]byte(line), &last) == nil && last.Error.Message != "" {
		return last.Error.Message
	}
	return text
}

// errHung: the program neither served nor ended.
var errHung = errors.New("the program neither serves nor exits")

var apiLine = regexp.MustCompile(`http://127\.0\.0\.1:\d+`)

// serve starts the server and returns once it answers. A *refusal if it exits before that, errHung if it does neither.
// Further flags override the configuration.
func (p program) serve(ctx context.Context, f folders, mail *sink, flags ...string) (*process, error) {
	path, err := configure(f, mail.port)
	if err != nil {
		return nil, err
	}
	s := &process{program: p, folders: f, config: path, log: &output{}, ended: make(chan struct{}),
		cmd: exec.CommandContext(ctx, p.path, append([]string{"serve", "--config", path, "--data", f.data(), "--json", "--log-format", "text"}, flags...)...)}
	said, stdout := io.Pipe()
	s.cmd.Env, s.cmd.Stdout, s.cmd.Stderr = environment(), stdout, s.log
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		_ = s.cmd.Wait()
		_ = stdout.Close()
		close(s.ended)
	}()
	address := make(chan string, 1)
	go listenForAddress(said, address)
	select {
	case s.url = <-address:
	case <-time.After(startTimeout):
	}
	if s.url != "" {
		return s, nil
	}
	select {
	case <-s.ended:
		return nil, &refusal{s.cmd.ProcessState.ExitCode(), s.log.String()}
	case <-time.After(time.Second):
		s.kill()
		return nil, fmt.Errorf("%w in %s: %s", errHung, startTimeout, tail(s.log.String()))
	}
}

// listenForAddress sends the address that the program prints, or "" if it prints none, and reads to the end.
func listenForAddress(said io.Reader, address chan<- string) {
	var all []byte
	buffer := make([]byte, 1024)
	for told := false; ; {
		n, err := said.Read(buffer)
		if all = append(all, buffer[:n]...); !told {
			if found := apiLine.Find(all); found != nil && bytes.IndexByte(all, '\n') >= 0 {
				address <- string(found)
				told = true
			}
		}
		if err != nil {
			if !told {
				address <- ""
			}
			return
		}
	}
}

func tail(s string) string { return s[max(0, len(s)-2000):] }

// kill kills the server as a crash would.
func (s *process) kill() {
	_ = s.cmd.Process.Kill()
	<-s.ended
}

// stop stops the server as an operator would.
func (s *process) stop() error {
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return fmt.Errorf("the program had ended by itself: %s", tail(s.log.String()))
	}
	select {
	case <-s.ended:
	case <-time.After(stopTimeout):
		s.kill()
		return fmt.Errorf("the program did not end in %s", stopTimeout)
	}
	if code := s.cmd.ProcessState.ExitCode(); code != 0 {
		return fmt.Errorf("the program ended with code %d: %s", code, tail(s.log.String()))
	}
	return nil
}

// command runs one of the program's commands on the ledger, and returns its output and exit code.
func (p program) command(ctx context.Context, config string, f folders, args ...string) (stdout, stderr string, code int, err error) {
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(ctx, p.path, append(args, "--config", config, "--data", f.data())...)
	cmd.Env, cmd.Stdout, cmd.Stderr = environment(), &out, &errs
	err = cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		err = nil
	}
	return out.String(), strings.TrimSpace(errs.String()), cmd.ProcessState.ExitCode(), err
}

func (s *process) command(ctx context.Context, args ...string) (stdout, stderr string, code int, err error) {
	return s.program.command(ctx, s.config, s.folders, args...)
}
