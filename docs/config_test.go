package docs_test

import (
	"os"
	"path/filepath"
	"testing"

	"accountledger/server"
)

// TestConfigurations loads every configuration that a page shows, and those of deploy.
func TestConfigurations(t *testing.T) {
	n := 0
	for name, p := range pages(t) {
		for _, b := range p.all("yaml") {
			n++
			path := filepath.Join(t.TempDir(), "config.yaml")
			fatal(t, os.WriteFile(path, []byte(b.text), 0o600))
			if _, err := server.LoadConfigFile(path); err != nil {
				t.Errorf("%s:%d: %v", name, b.line, err)
			}
		}
	}
	if n < 5 {
		t.Errorf("there are %d configurations only", n)
	}
	for _, path := range []string{"../deploy/systemd/config.yaml", "../deploy/cluster/ledger.yaml"} {
		if _, err := server.LoadConfigFile(path); err != nil {
			t.Error(err)
		}
	}
}
