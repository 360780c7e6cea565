package server_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"accountledger/server"
)

// TestPasswordsAreNotOnTheCommandLine (L11), nor in a file that everybody can read; and no error repeats one.
func TestPasswordsAreNotOnTheCommandLine(t *testing.T) {
	t.Parallel()
	const secret = "open-sesame"
	for key, value := range map[string]string{
		"vault.postgres":      "postgres://ledger:" + secret + "@db.example.com/vault",
		"store.esdb":          "esdb://admin:" + secret + "@a.example.com:2113",
		"views.elasticsearch": "https://a.example.com:9200,https://u:" + secret + "@b.example.com:9200",
	} {
		base := map[string]any{"data": t.TempDir(), "dev": true, "vault.engine": "sqlite"}
		refused := func(how string, err error) {
			t.Helper()
			if err == nil || !strings.Contains(err.Error(), key) || strings.Contains(err.Error(), secret) {
				t.Errorf("%s %s: %v", key, how, err)
			}
		}
		base[key] = value
		_, err := server.LoadConfig("", base)
		refused("as a flag", err)
		if !strings.Contains(err.Error(), server.Setting{Key: key}.Env()) {
			t.Errorf("it does not say what to do instead: %v", err)
		}
		path := filepath.Join(t.TempDir(), "config.yaml")
		section, name, _ := strings.Cut(key, ".")
		engine := map[string]string{"vault": "postgres", "store": "esdb", "views": "elasticsearch"}[section]
		fatal(t, os.WriteFile(path, []byte("dev: true\n"+section+":\n  engine: "+engine+"\n  "+name+": "+value+"\n"), 0o600))
		fatal(t, os.Chmod(path, 0o644))
		_, err = server.LoadConfig(path, nil)
		refused("in an open file", err)
		fatal(t, os.Chmod(path, 0o640))
		if _, err := server.LoadConfig(path, nil); err != nil {
			t.Errorf("%s in a file of its owner and group: %v", key, err)
		}
	}
	for _, value := range []string{"host=db user=ledger password=" + secret, "postgres://db/vault?password=" + secret} {
		if _, err := server.LoadConfig("", map[string]any{"vault.engine": "postgres", "vault.postgres": value}); err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("a password in another form: %v", err)
		}
	}
	if _, err := server.LoadConfig("", map[string]any{"store.engine": "esdb", "store.esdb": "esdb://db.example.com:2113",
		"store.esdb_password_file": "x"}); err == nil || !strings.Contains(err.Error(), "store.esdb_password_file") {
		t.Errorf("a password of nobody: %v", err)
	}
	if _, err := server.LoadConfig("", map[string]any{"vault.engine": "postgres", "vault.postgres": "postgres://ledger@db.example.com/vault"}); err != nil {
		t.Errorf("without a password: %v", err)
	}
}
