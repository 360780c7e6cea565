package main

import (
	"bufio"
	"bytes"
	"io"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/go-json-experiment/json"
)

// TestTheBannerOnATerminal: what it says to type next works as it is typed.
func TestTheBannerOnATerminal(t *testing.T) {
	p := openPty(t)
	dir := filepath.Join(t.TempDir(), "a folder")
	var logs bytes.Buffer
	c := program(t, nil, "serve", "--dev", "--data", dir, "--http", "127.0.0.1:0")
	c.Stdout, c.Stderr = p.tty, &logs
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Process.Kill() }()
	p.await("mailbox")
	p.await("folder'")
	screen := strings.ReplaceAll(p.screen(), "\r\n", "\n")
	_, next, ok := strings.Cut(screen, "Next, in another terminal:\n")
	commands := regexp.MustCompile(`(?m)^  (\S.*)$`).FindAllStringSubmatch(next, -1)
	if !ok || len(commands) != 2 || strings.Count(screen, "\n") > 9 ||
		!regexp.MustCompile(`is running at http://localhost:\d+\nDocumentation: http://localhost`).MatchString(screen) {
		t.Fatalf("%q", screen)
	}
	for _, command := range commands {
		line := command[1]
		if _, err := exec.LookPath("curl"); err != nil && strings.HasPrefix(line, "curl ") {
			continue
		}
		sh := exec.CommandContext(t.Context(), "sh", "-c", line)
		sh.Env = program(t, nil).Env
		if out, err := sh.CombinedOutput(); err != nil || strings.Contains(string(out), `"status":4`) {
			t.Errorf("%s: %v\n%s", line, err, out)
		}
	}
	if err := c.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := c.Wait(); err != nil {
		t.Errorf("%v\n%s", err, logs.String())
	}
}

// TestAFirstStartIsQuiet: without a terminal there is nothing on standard output, and on standard error a few lines of JSON, none
// of which is a warning.
func TestAFirstStartIsQuiet(t *testing.T) {
	for range 5 {
		dir := filepath.Join(t.TempDir(), "data")
		var out bytes.Buffer
		c := program(t, nil, "serve", "--dev", "--data", dir, "--http", "127.0.0.1:0", "--log-format", "json")
		c.Stdout = &out
		errs, err := c.StderrPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(errs)
		logged, stopped := 0, false
		for lines.Scan() {
			var line struct {
				Level   string `json:"level"`
				Message string `json:"msg"`
				Address string `json:"address"`
			}
			if err := json.Unmarshal(lines.Bytes(), &line); err != nil || line.Level != "INFO" || strings.Contains(line.Message, "head of the log") {
				t.Errorf("%q %v", lines.Text(), err)
			}
			if line.Message != "views are being filled from the log" { // in one line, or in several on a slow machine
				logged++
			}
			if line.Message == "serving" && !stopped {
				stopped = true
				settled(t, dir)
				if err := c.Process.Signal(syscall.SIGTERM); err != nil {
					t.Fatal(err)
				}
			}
		}
		_, _ = io.Copy(io.Discard, errs)
		if err := c.Wait(); err != nil || out.Len() > 0 || logged > 3 {
			t.Errorf("%v; %d lines in the log; on standard output %q", err, logged, out.String())
		}
	}
}

// settled waits until all consumers run at the head.
func settled(t *testing.T, dir string) {
	t.Helper()
	p := regexp.MustCompile(`"state": "(waiting|rebuilding|stopped)"|"lag": [1-9]`)
	for {
		got := runProgram(t, nil, "status", "--data", dir, "--json")
		if got.code == 0 && !p.MatchString(got.out) {
			return
		}
		if t.Context().Err() != nil {
			t.Fatalf("%+v", got)
		}
	}
}

// TestAFailedStartInJSON: with logs as JSON, so is the error.
func TestAFailedStartInJSON(t *testing.T) {
	got := runProgram(t, nil, "serve", "--data", filepath.Join(t.TempDir(), "data"), "--log-format", "json")
	if f := failure(t, got.err); got.out != "" || got.code != 2 || f.Code != "invalid_configuration" {
		t.Errorf("%+v", got)
	}
}
