package health_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"accountledger/operate/health"
)

// TestDraining: clients are served on, and asked to come back on another connection.
func TestDraining(t *testing.T) {
	t.Parallel()
	d := health.NewDraining()
	h := d.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }))
	for _, begun := range []bool{false, true} {
		if begun {
			d.Begin()
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
		if closes := w.Header().Get("Connection") == "close"; w.Code != http.StatusTeapot || closes != begun {
			t.Errorf("begun %v: %d, closes %v", begun, w.Code, closes)
		}
	}
}

// TestADrainEnds by its time, by who is in a hurry, even before it begins, and by a failure.
func TestADrainEnds(t *testing.T) {
	t.Parallel()
	failed := make(chan struct{})
	close(failed)
	for name, linger := range map[string]func(*health.Draining){
		"its time": func(d *health.Draining) { d.Linger(time.Millisecond, nil) },
		"hurry":    func(d *health.Draining) { d.End(); d.End(); d.Linger(time.Hour, nil) },
		"failure":  func(d *health.Draining) { d.Linger(time.Hour, failed) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			linger(health.NewDraining())
		})
	}
}

// TestPresent: a file that is removed or replaced while it is open is named; one that is written to is not.
func TestPresent(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		happens func(data, file string) error
		says    string
	}{
		"nothing":    {func(string, string) error { return nil }, ""},
		"written to": {func(_, file string) error { return os.WriteFile(file, []byte("more"), 0o600) }, ""},
		"removed":    {func(_, file string) error { return os.Remove(file) }, "vault.db was removed or replaced"},
		"replaced": {func(_, file string) error {
			if err := os.WriteFile(file+".new", nil, 0o600); err != nil {
				return err
			}
			return os.Rename(file+".new", file)
		}, "vault.db was removed or replaced"},
		"folder removed": {func(data, _ string) error { return os.RemoveAll(data) }, "data was removed while it is open"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data := filepath.Join(t.TempDir(), "data")
			file := filepath.Join(data, "vault.db")
			if err := os.Mkdir(data, 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			p, err := health.NewPresent(data, file)
			if err != nil {
				t.Fatal(err)
			}
			if err := c.happens(data, file); err != nil {
				t.Fatal(err)
			}
			switch err := p.Gone(); {
			case c.says == "" && err != nil:
				t.Error(err)
			case c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)):
				t.Errorf("%v", err)
			}
		})
	}
	if _, err := health.NewPresent(t.TempDir(), filepath.Join(t.TempDir(), "none")); !os.IsNotExist(err) {
		t.Error(err)
	}
}
