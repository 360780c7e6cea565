package api_test

import (
	"compress/gzip"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"
)

// TestPages: what runs here, the documentation, health; all under policies that load nothing from elsewhere.
func TestPages(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	home := l.want(200, "GET", "/", "", "", header{"Accept", "text/html,application/xhtml+xml"})
	for _, link := range []string{"/docs", "/openapi.json", "/healthz", "/readyz"} {
		if !strings.Contains(home.text, `href="`+link+`"`) {
			t.Errorf("no link to %s", link)
		}
		l.want(200, "GET", link, "", "")
	}
	if strings.Contains(home.text, "<script") || !strings.Contains(home.Header.Get("Content-Security-Policy"), "style-src 'sha256-") {
		t.Error("the first page has a script, or no policy")
	}
	if l.want(200, "GET", "/", "", "").str(t, "links", "docs") != "/docs" {
		t.Error("no links in JSON")
	}
	docs := l.want(200, "GET", "/docs", "", "")
	policy := docs.Header.Get("Content-Security-Policy")
	if strings.Contains(policy, "unsafe") || strings.Contains(policy, "http") || strings.Contains(docs.text, "http") {
		t.Errorf("the documentation loads from elsewhere: %s", policy)
	}
	for _, asset := range []string{"/docs/swagger-ui-bundle.js", "/docs/swagger-ui.css", "/docs/init.js", "/docs/page.css"} {
		plain := l.want(200, "GET", asset, "", "", header{"Accept-Encoding", "identity"})
		packed := l.want(200, "GET", asset, "", "", header{"Accept-Encoding", "gzip"})
		if packed.Header.Get("Content-Encoding") != "gzip" {
			continue
		}
		z, err := gzip.NewReader(strings.NewReader(packed.text))
		must(t, 0, err)
		if text, err := io.ReadAll(z); err != nil || string(text) != plain.text {
			t.Errorf("%s: packed and plain differ", asset)
		}
	}
}

// TestHomeExample: the command on the home page works as pasted, and a Host that a shell would not take as a name is not in it.
func TestHomeExample(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	page := l.want(200, "GET", "/", "", "", header{"Accept", "text/html"}).text
	_, rest, _ := strings.Cut(page, "<pre>")
	command, _, found := strings.Cut(rest, "</pre>")
	if !found {
		t.Fatalf("no example on %s", page)
	}
	shell := exec.CommandContext(t.Context(), "sh", "-c", "curl() { printf '%s\\n' \"$@\"; }\n"+html.UnescapeString(command))
	out, err := shell.Output()
	must(t, 0, err)
	words := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(words) != 6 || words[0] != "-s" || words[2] != "-H" || words[3] != "Content-Type: application/json" || words[4] != "-d" {
		t.Fatalf("%q", words)
	}
	path, ok := strings.CutPrefix(words[1], l.url())
	if !ok {
		t.Errorf("%s is not on this server", words[1])
	}
	l.want(202, "POST", path, "", words[5])

	r := httptest.NewRequest("GET", "/", http.NoBody)
	r.Host = "x$(reboot)"
	r.Header.Set("Accept", "text/html")
	w := httptest.NewRecorder()
	l.api.Handler().ServeHTTP(w, r)
	if strings.Contains(w.Body.String(), "reboot") {
		t.Error("the page repeats any Host")
	}
}

// TestHeaders: every answer carries them, refusals too.
func TestHeaders(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	for _, path := range []string{"/", "/docs", "/openapi.json", "/healthz", "/v1/catalogue", "/v1/me", "/nowhere"} {
		h := l.send("GET", path, "", "").Header
		if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") != "no-referrer" || h.Get("X-Request-Id") == "" ||
			!strings.Contains(h.Get("Content-Security-Policy"), "frame-ancestors 'none'") {
			t.Errorf("%s: %v", path, h)
		}
		if strings.HasPrefix(path, "/v1/") && h.Get("Cache-Control") != "no-store" {
			t.Errorf("%s may be stored", path)
		}
	}
	head := l.want(200, "HEAD", "/healthz", "", "")
	if head.text != "" || head.Header.Get("Content-Type") != "application/json" {
		t.Error("HEAD is not GET without a body")
	}
}

// TestReady: a process that cannot append and read says so with its status. Anybody may ask, so nothing else is told.
func TestReady(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	for ready, status := range map[bool]int{true: http.StatusOK, false: http.StatusServiceUnavailable} {
		l.ready.Store(ready)
		if r := l.want(status, "GET", "/readyz", "", ""); r.text != fmt.Sprintf("{\"ready\":%v}\n", ready) {
			t.Error(r.text)
		}
	}
	l.want(404, "GET", "/metrics", "", "")
	l.want(404, "GET", "/debug/pprof/", "", "")
}

// TestCatalogue speaks the caller's language, English where it cannot.
func TestCatalogue(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	for _, c := range []struct{ query, accept, want string }{
		{"", "", "Location"}, {"", "de-AT, en;q=0.5", "Standort"}, {"", "ja", "Location"}, {"", "!!", "Location"},
		{"?language=de", "en", "Standort"}, {"?language=de-CH", "", "Standort"}, {"?language=fr", "de", "Location"}, {"?language=zh_CN", "de", "位置"},
		{"?language=DE_ch", "", "Standort"},
	} {
		r := l.want(200, "GET", "/v1/catalogue"+c.query, "", "", header{"Accept-Language", c.accept})
		if r.str(t, "permissions", 0, "title") != c.want || r.str(t, "permissions", 0, "notice", "id") == "" || r.get(t, "device_kinds", 0) == nil {
			t.Errorf("%+v: %.300s", c, r.text)
		}
	}
}
