package server_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"accountledger/internal/await"
	"accountledger/operate"
	"accountledger/server"
)

// crowd opens connections that send nothing, until the test ends.
func crowd(t *testing.T, url string, n int) []net.Conn {
	t.Helper()
	all := make([]net.Conn, n)
	for i := range all {
		c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(url, "http://"))
		fatal(t, err)
		t.Cleanup(func() { _ = c.Close() })
		fatal(t, c.SetDeadline(time.Now().Add(await.Patience)))
		all[i] = c
	}
	return all
}

const toldOfCrowd = "all connections are taken"

// TestIdleConnectionsMakeRoom: a client that sends a request gets in, at the cost of those that have waited longest for one, and the log
// is told once a minute.
func TestIdleConnectionsMakeRoom(t *testing.T) {
	cfg := config(t)
	cfg.HTTPConnections = 4
	r := start(t, cfg)
	kept := &http.Client{Transport: &http.Transport{}} // keeps its connection between requests
	defer kept.CloseIdleConnections()
	get := func() {
		t.Helper()
		resp, err := kept.Get(r.url + "/healthz")
		fatal(t, err)
		_, err = io.Copy(io.Discard, resp.Body)
		fatal(t, err)
		fatal(t, resp.Body.Close())
		if resp.StatusCode != 200 {
			t.Errorf("%d", resp.StatusCode)
		}
	}
	began := time.Now()
	for range 10 {
		get()
		first := crowd(t, r.url, 8)[0]
		if _, err := first.Read(make([]byte, 1)); err == nil || os.IsTimeout(err) {
			t.Errorf("a connection that waited longest was not closed: %v", err)
		}
	}
	get()
	if n := strings.Count(r.logs.String(), toldOfCrowd); n < 1 || n > 1+int(time.Since(began)/time.Minute) {
		t.Errorf("the log is told %d times", n)
	}
	metrics := r.inside(200, "/metrics").body
	if !strings.Contains(metrics, "accountledger_http_connections_limit 4\n") || strings.Contains(metrics, "accountledger_http_connections_closed_total 0\n") {
		t.Errorf("metrics: %s", metrics)
	}
}

// TestRequestsUnderWayAreNotCutOff: while all connections are at work a new one waits, and is answered when one of them is done.
func TestRequestsUnderWayAreNotCutOff(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	cfg.HTTPConnections = 2
	r := start(t, cfg)
	busy := crowd(t, r.url, 2)
	const body = `{"email":"ada@example.com"}`
	for _, c := range busy { // a request is under way once its header is there; its body lets it wait
		_, err := fmt.Fprintf(c, "POST /v1/sign-ups HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n",
			len(body))
		fatal(t, err)
		line, err := bufio.NewReader(c).ReadString('\n')
		fatal(t, err)
		if !strings.Contains(line, "100") {
			t.Fatalf("%q", line)
		}
	}
	late := crowd(t, r.url, 1)[0]
	_, err := io.WriteString(late, "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
	fatal(t, err)
	eventually(t, "the new one waits", func() bool { return strings.Contains(r.logs.String(), "new ones wait") })
	for _, c := range busy {
		_, err := io.WriteString(c, body)
		fatal(t, err)
	}
	for i, c := range append(busy, late) {
		answer, err := bufio.NewReader(c).ReadString('\n')
		if err == nil && strings.TrimSpace(answer) == "" { // the end of the 100
			answer, err = bufio.NewReader(c).ReadString('\n')
		}
		if err != nil || !strings.HasPrefix(answer, "HTTP/1.1 ") {
			t.Errorf("connection %d: %q, %v", i, answer, err)
		}
	}
}

// TestAFewOpenFiles (T17): 128 files and 400 idle connections, and the API answers.
func TestAFewOpenFiles(t *testing.T) {
	folder := t.TempDir()
	config, limited := filepath.Join(folder, "config.yaml"), filepath.Join(folder, "limited")
	fatal(t, os.WriteFile(config, []byte("http: 127.0.0.1:0\ndev: true\nstore:\n  reserve: -1\n"), 0o600))
	fatal(t, os.WriteFile(limited, []byte("#!/bin/sh\nulimit -n 128 && exec "+binary(t)+" \"$@\"\n"), 0o700))
	p := run(t, limited, filepath.Join(folder, "data"), config, server.RoleAll)
	began := time.Now()
	crowd(t, p.url, 400)
	http.DefaultClient.CloseIdleConnections() // what comes now is sent on new connections
	p.want(202, "POST", "/v1/sign-ups", "", `{"email":"ada@example.com","password":"correct-horse-battery","region":"DE","language":"en","birth_month":"1990-05"}`)
	for range 20 {
		http.DefaultClient.CloseIdleConnections()
		p.want(200, "GET", "/v1/catalogue", "", "")
	}
	if n := strings.Count(p.logs.String(), toldOfCrowd); n < 1 || n > 1+int(time.Since(began)/time.Minute) {
		t.Errorf("the log is told %d times: %s", n, tail(p.logs.String()))
	}
	st, err := operate.ReadStatus.Run(t.Context(), p.console(), operate.None{}, nil)
	fatal(t, err)
	if !st.Ready {
		t.Error(st.Reason)
	}
	p.internal = "http://" + st.Internal
	if metrics := p.inside(200, "/metrics").body; !strings.Contains(metrics, "accountledger_http_connections_limit 32\n") {
		t.Error("of 128 files not a quarter is for connections")
	}
	files, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", p.cmd.Process.Pid))
	fatal(t, err)
	if len(files) > 110 {
		t.Errorf("%d files are open", len(files))
	}
}
