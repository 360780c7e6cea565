//go:build engines

package server_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"accountledger/internal/await"
)

// nginx starts a real one in front of a server and returns its URL. It adds to X-Forwarded-For, as it is mostly set up. It cannot choose a
// port itself: if somebody else takes the one that was free, it tries another.
func nginx(t *testing.T, behind string) string {
	t.Helper()
	program, err := exec.LookPath("nginx")
	if err != nil {
		program = "/usr/sbin/nginx" // not in the path of ordinary users
	}
	for range 5 {
		if address, said := startNginx(t, program, behind); address != "" {
			return "http://" + address
		} else if !strings.Contains(said, "Address already in use") {
			t.Fatal(said)
		}
	}
	t.Fatal("no port stays free")
	return ""
}

// startNginx starts it on a port that is free now; address is "" if it ended again.
func startNginx(t *testing.T, program, behind string) (address, said string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	fatal(t, err)
	address = l.Addr().String()
	fatal(t, l.Close())
	dir := t.TempDir()
	conf := filepath.Join(dir, "nginx.conf")
	var temporary strings.Builder
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		fmt.Fprintf(&temporary, "%s_temp_path %s; ", kind, filepath.Join(dir, kind))
	}
	fatal(t, os.WriteFile(conf, fmt.Appendf(nil, `daemon off; master_process off; pid %s/pid; error_log stderr;
events { worker_connections 1024; }
http { access_log off; %s
  server { listen %s; location / { proxy_pass %s; proxy_http_version 1.1; proxy_set_header Connection "";
    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; proxy_set_header X-Forwarded-Proto https; } } }
`, dir, temporary.String(), address, behind), 0o600))
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), program, "-c", conf, "-e", "stderr")
	log := &logs{}
	cmd.Stderr = log
	fatal(t, cmd.Start())
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	up := false
	await.Until(t, "nginx", func() bool {
		select {
		case err := <-ended:
			ended <- err
			return true
		default:
		}
		c, err := net.Dial("tcp", address)
		if err == nil {
			up = true
			_ = c.Close()
		}
		return err == nil
	})
	if !up {
		return "", log.String()
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-ended
		if t.Failed() {
			t.Log(log.String())
		}
	})
	return address, ""
}

// from asks from an address of one's own.
func from(t *testing.T, address, url, body string, header ...string) (status int, fields map[string]any) {
	t.Helper()
	client := http.Client{Timeout: time.Minute, Transport: &http.Transport{DisableKeepAlives: true,
		DialContext: (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}).DialContext}}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/v1/sessions", strings.NewReader(body))
	fatal(t, err)
	req.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := client.Do(req)
	fatal(t, err)
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(resp.Body)
	fatal(t, err)
	fatal(t, json.Unmarshal(answer, &fields))
	return resp.StatusCode, fields
}

// TestOwnersBehindNginx: through a real reverse proxy, strangers from many networks guess at an owner, who notices nothing where they have
// signed in before, and is shut out nowhere but in the network of a stranger who used it up.
func TestOwnersBehindNginx(t *testing.T) {
	t.Parallel()
	cfg, mail := withMail(t)
	cfg.HTTPTrustedProxies = "127.0.0.1"
	r := start(t, cfg)
	ada := r.join(mail, "ada.lovelace@example.com", "Ada on the run")
	url := nginx(t, r.url)
	right := fmt.Sprintf(`{"email":%q,"password":%q`, ada.email, password)
	wrong := fmt.Sprintf(`{"email":%q,"password":"not the right one"}`, ada.email)
	status, mine := from(t, "127.9.9.9", url, right+"}")
	if status != http.StatusCreated {
		t.Fatalf("%d %v", status, mine)
	}
	known := fmt.Sprintf(`%s,"client":%q}`, right, mine["client"])

	tried := 0
	for range 25 {
		if status, _ := from(t, "127.1.1.1", url, wrong); status == http.StatusUnauthorized {
			tried++
		}
	}
	if tried != 20 {
		t.Errorf("%d guesses from one network", tried)
	}
	for name, c := range map[string]struct {
		address, body string
		header        []string
		want          int
	}{
		"a forged address":                    {"127.1.1.2", wrong, []string{"X-Forwarded-For", "203.0.113.9"}, 429},
		"forged as the proxy's":               {"127.1.1.2", wrong, []string{"X-Forwarded-For", "127.0.0.1"}, 429},
		"the owner elsewhere":                 {"127.9.9.9", right + "}", nil, 201},
		"a known client in the same network":  {"127.1.1.3", known, nil, 201},
		"a client not known, in that network": {"127.1.1.3", right + "}", nil, 429},
	} {
		if got, said := from(t, c.address, url, c.body, c.header...); got != c.want {
			t.Errorf("%s: %d %v", name, got, said)
		}
	}
	for n := range 400 { // networks
		if status, said := from(t, fmt.Sprintf("127.%d.%d.1", 20+n/250, n%250), url, wrong); status != http.StatusUnauthorized {
			t.Fatalf("network %d: %d %v", n, status, said)
		}
		if n%40 == 0 {
			if status, said := from(t, "127.9.9.9", url, known); status != http.StatusCreated {
				t.Fatalf("the owner beside it: %d %v", status, said)
			}
		}
	}
	if all := r.want(200, "GET", "/v1/sessions", ada.token, ""); !strings.Contains(all.body, `"127.9.9.9"`) || strings.Contains(all.body, `"203.0.113.9"`) {
		t.Errorf("%s", all.body)
	}
}
