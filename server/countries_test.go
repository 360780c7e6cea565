package server_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"accountledger/geo/geotest"
	"accountledger/server"
)

// TestCountries: sessions show the country that they were started from, behind a proxy, by the database as it was then.
func TestCountries(t *testing.T) {
	t.Parallel()
	cfg, mail := withMail(t)
	cfg.Geo.Database, cfg.HTTPTrustedProxies = filepath.Join(t.TempDir(), "countries.mmdb"), "127.0.0.1"
	geotest.Write(t, cfg.Geo.Database, map[string]string{"192.0.2.0/24": "DE", "198.51.100.0/24": "EU", "10.0.0.0/8": "DE"})
	r := start(t, cfg)
	ada := r.join(mail, "ada@example.com", "Ada at home")
	token := ada.token
	from := func(address string) string {
		t.Helper()
		token = r.send("POST", "/v1/sessions", "", fmt.Sprintf(`{"email":%q,"password":%q}`, ada.email, password), "X-Forwarded-For", address).str(t, "token")
		for _, one := range r.want(200, "GET", "/v1/sessions", token, "").fields["sessions"].([]any) {
			if s := one.(map[string]any); s["current"] == true {
				if s["address"] != address {
					t.Errorf("the session is of %v, want %s", s["address"], address)
				}
				return fmt.Sprint(s["country"])
			}
		}
		t.Fatal("the session is not listed")
		return ""
	}
	for address, want := range map[string]string{"192.0.2.9": "DE", "203.0.113.9": "<nil>", "10.0.0.9": "<nil>", "198.51.100.9": "<nil>"} {
		if got := from(address); got != want {
			t.Errorf("%s is in %s, want %s", address, got, want)
		}
	}
	if history := r.want(200, "GET", "/v1/me/history", token, "").body; !strings.Contains(history, `"country":"DE"`) {
		t.Error("the history does not show the country:", history)
	}
	fatal(t, os.WriteFile(cfg.Geo.Database, []byte("half a datab"), 0o600))
	eventually(t, "the broken database being noticed", func() bool {
		return from("192.0.2.9") == "DE" && strings.Contains(r.logs.String(), "database of countries cannot be used")
	})
	geotest.Write(t, cfg.Geo.Database, map[string]string{"192.0.2.0/24": "FR"})
	eventually(t, "the new database", func() bool { return from("192.0.2.9") == "FR" })
	if logged := r.logs.String(); strings.Contains(logged, "192.0.2.9") || strings.Contains(logged, "=FR") {
		t.Error("the log has an address or a country")
	}
}

// TestAStartNeedsTheDatabaseOfCountries that the configuration names.
func TestAStartNeedsTheDatabaseOfCountries(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	cfg.Geo.Database = filepath.Join(t.TempDir(), "none.mmdb")
	s, err := server.Open(t.Context(), cfg, server.Options{})
	if err == nil {
		t.Fatal("it opened", s.Close())
	}
	if !strings.Contains(err.Error(), "geo.database") || !strings.Contains(err.Error(), "none.mmdb") {
		t.Error(err)
	}
	if entries, _ := os.ReadDir(cfg.Data); len(entries) > 0 {
		t.Error("a first start that was refused left", entries)
	}
}
