package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// world is the real program on a new ledger, and somebody of each kind who uses it.
type world struct {
	folder, program, data string
	url                   string
	serving               *exec.Cmd
	tokens                map[string]string // by who it is
	email                 string            // the person's
}

const password = "correct-walrus-battery-41"

// newWorld builds and starts the program, with the limits on strangers off, and lets everybody in.
func newWorld(ctx context.Context, folder string) (w *world, err error) {
	w = &world{folder: folder, program: filepath.Join(folder, "accountledger"), data: filepath.Join(folder, "data"), email: "person@example.com"}
	if err := command(ctx, "", nil, "go", "build", "-o", w.program, "./cmd/accountledger"); err != nil {
		return nil, err
	}
	if err := w.serve(ctx); err != nil {
		return nil, err
	}
	if w.tokens, err = w.people(ctx); err != nil {
		w.stop()
		return nil, fmt.Errorf("making the callers: %w", err)
	}
	return w, os.WriteFile(w.document(), w.must(ctx, "GET", "/openapi.json", nil), 0o600)
}

// document is the file that /openapi.json is in.
func (w *world) document() string { return filepath.Join(w.folder, "openapi.json") }

func (w *world) serve(ctx context.Context) error {
	w.serving = exec.CommandContext(ctx, w.program, "serve", "--dev", "--data", w.data, "--http", "127.0.0.1:0", "--json",
		"--abuse-sign-ups-hour", "0", "--abuse-sign-ups-day", "0", "--abuse-recoveries-hour", "0", "--abuse-recoveries-day", "0",
		"--abuse-changes-minute", "0", "--abuse-sign-ins-hour", "0", "--abuse-challenge", "off")
	w.serving.Cancel = func() error { return w.serving.Process.Signal(os.Interrupt) }
	out, err := w.serving.StdoutPipe()
	if err != nil {
		return err
	}
	log, err := os.Create(filepath.Join(w.folder, "serve.log"))
	if err != nil {
		return err
	}
	w.serving.Stderr = log
	if err := w.serving.Start(); err != nil {
		return err
	}
	var said struct {
		Address string `json:"address"`
	}
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &said)
	}
	if w.url = said.Address; err != nil || w.url == "" {
		text, _ := os.ReadFile(log.Name())
		return fmt.Errorf("the program does not start: %w\n%s", err, text)
	}
	return nil
}

func (w *world) stop() {
	_ = w.serving.Process.Signal(os.Interrupt)
	_ = w.serving.Wait()
}

// people lets in one of each kind: their tokens.
func (w *world) people(ctx context.Context) (map[string]string, error) {
	tokens := map[string]string{"guest": ""}
	up := w.ask(ctx, "/v1/sign-ups", map[string]any{"email": w.email, "password": password, "region": "DE", "language": "en", "birth_month": "1990-05"})
	code, err := w.code(ctx)
	if err != nil {
		return nil, err
	}
	w.ask(ctx, "/v1/verifications/"+up["verification"]+"/check", map[string]any{"handle": up["handle"], "code": code})
	tokens["person"] = w.ask(ctx, "/v1/sessions", map[string]any{"email": w.email, "password": password})["token"]
	for _, role := range []string{"compliance", "analyst"} {
		email := role + "@example.org"
		added, err := w.console(ctx, "staff", "add", "--email", email, "--role", role)
		if err != nil {
			return nil, err
		}
		w.ask(ctx, "/v1/enrolments", map[string]any{"code": added["code"], "password": password})
		tokens[role] = w.ask(ctx, "/v1/sessions", map[string]any{"email": email, "password": password, "staff": true})["token"]
	}
	added, err := w.console(ctx, "service", "add", "--name", "route-planner", "--allow", "location:navigation")
	tokens["service"] = added["key"]
	for who, token := range tokens {
		if token == "" && who != "guest" {
			return nil, fmt.Errorf("the %s has no token", who)
		}
	}
	return tokens, err
}

// code waits for the one that was sent to the person.
func (w *world) code(ctx context.Context) (string, error) {
	for range 600 {
		out, err := exec.CommandContext(ctx, w.program, "mailbox", "--data", w.data, "--json").Output()
		if err != nil {
			return "", err
		}
		var messages []struct {
			Code string `json:"code"`
		}
		if err := json.Unmarshal(out, &messages); err != nil {
			return "", err
		}
		if len(messages) > 0 {
			return messages[len(messages)-1].Code, nil
		}
		time.Sleep(200 * time.Millisecond)
	}
	return "", fmt.Errorf("no message came")
}

// console runs a command of an operator and gives what it prints.
func (w *world) console(ctx context.Context, args ...string) (map[string]string, error) {
	out, err := exec.CommandContext(ctx, w.program, append(args, "--data", w.data, "--json")...).Output()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", strings.Join(args[:2], " "), err)
	}
	return texts(out), nil
}

// ask sends a body and gives the texts of the answer.
func (w *world) ask(ctx context.Context, path string, body any) map[string]string {
	return texts(w.must(ctx, "POST", path, body))
}

func texts(data []byte) map[string]string {
	var all map[string]any
	_ = json.Unmarshal(data, &all)
	out := map[string]string{}
	for name, v := range all {
		if text, ok := v.(string); ok {
			out[name] = text
		}
	}
	return out
}

// must gives an answer's body; nothing if there is none. What is missing then shows in what is made with it.
func (w *world) must(ctx context.Context, method, path string, body any) []byte {
	data, _ := json.Marshal(body)
	r, err := http.NewRequestWithContext(ctx, method, w.url+path, bytes.NewReader(data))
	if err != nil {
		return nil
	}
	r.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil
	}
	defer func() { _ = answer.Body.Close() }()
	out, _ := io.ReadAll(answer.Body)
	return out
}

// command runs a program in a folder and shows what it prints if it fails.
func command(ctx context.Context, folder string, env []string, name string, args ...string) error {
	c := exec.CommandContext(ctx, name, args...)
	c.Dir, c.Env = folder, append(os.Environ(), env...)
	out, err := c.CombinedOutput()
	if err != nil {
		_, _ = os.Stdout.Write(out)
		return fmt.Errorf("%s: %w", filepath.Base(name), err)
	}
	return nil
}
