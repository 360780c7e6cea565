package server_test

import (
	"strings"
	"testing"

	"accountledger/server"
)

// TestOrigin: an origin is taken as browsers write it, and nothing else.
func TestOrigin(t *testing.T) {
	t.Parallel()
	for origin, good := range map[string]bool{
		"": true, "https://accounts.example.com": true, "https://accounts.example.com:8443": true, "https://xn--mller-kva.example": true,
		"http://localhost:8080": true, "http://localhost": true, "https://localhost": true, "https://ledger": true, "https://4u.example": true,
		"https://accounts.example.com/": false, "https://accounts.example.com/v1": false, "https://accounts.example.com?": false,
		"https://accounts.example.com#": false, "https://accounts.example.com:443": false, "http://localhost:80": false,
		"https://accounts.example.com:": false, "https://accounts.example.com:08443": false, "https://accounts.example.com:70000": false,
		"https://Accounts.example.com": false, "HTTPS://accounts.example.com": false, "https://müller.example": false,
		"https://ada@accounts.example.com": false, "https://192.0.2.1": false, "https://[::1]:8443": false, "http://127.0.0.1:8080": false,
		"http://example.com": false, "https://": false, "https://.example.com": false, "https://a..b": false, "https://-a.example": false,
		"https://a.-b": false, "accounts.example.com": false, "ftp://localhost": false, "https://accounts.example.com ": false,
		"https://*.example.com": false, "null": false,
	} {
		_, err := server.LoadConfig("", map[string]any{"origin": origin})
		if (err == nil) != good || !good && !strings.Contains(err.Error(), "config: origin (--origin): ") {
			t.Errorf("%q: %v", origin, err)
		}
		if !good && len(origin) > len("https://") && strings.Contains(err.Error(), origin) {
			t.Errorf("%q: the refusal repeats it", origin)
		}
	}
}

// TestWhereItIsReached: the OpenAPI document says so, where it is known.
func TestWhereItIsReached(t *testing.T) {
	t.Parallel()
	for origin, dev := range map[string]bool{"https://accounts.example.com": false, "": true} {
		cfg := config(t)
		cfg.Dev, cfg.Origin = true, origin
		r := start(t, cfg)
		want := `"servers":[{"url":"` + origin + `"}]`
		if dev {
			want = `"url":"/"` // where the document is: generators refuse localhost
		}
		if doc := r.want(200, "GET", "/openapi.json", "", ""); !strings.Contains(doc.body, want) {
			t.Errorf("%s is not in the document", want)
		}
		r.stop()
	}
}
