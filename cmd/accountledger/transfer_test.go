package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	restores "accountledger/replay/restore"
)

// configFile writes a configuration of an embedded ledger in a folder.
func configFile(t *testing.T, dir string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.yaml")
	text := fmt.Sprintf("data: %s\ndev: true\nstore:\n  reserve: -1\n", dir)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestMoveOnTheCommandLine(t *testing.T) {
	from, to := ledger(t), filepath.Join(t.TempDir(), "data")
	source, target := configFile(t, from), configFile(t, to)
	// The environment names one folder, and there are two.
	t.Setenv("ACCOUNTLEDGER_DATA", filepath.Join(t.TempDir(), "elsewhere"))
	out, err := run(t, "replay", "move", "--from", source, "--to", target)
	if err != nil || !strings.Contains(out, "serve --config "+target) || !strings.Contains(out, "Content hash") {
		t.Errorf("move: %v\n%s", err, out)
	}
	out, err = run(t, "status", "--config", source, "--data", from)
	if !errors.Is(err, errNotReady) || !strings.Contains(out, "moves, or has moved") || strings.Contains(out, "fault") {
		t.Errorf("status: %v\n%s", err, out)
	}
	out, err = run(t, "replay", "move", "--from", source, "--to", target, "--abandon")
	if err != nil || !strings.Contains(out, "given up") {
		t.Errorf("abandon: %v\n%s", err, out)
	}
	if out, err = run(t, "staff", "add", "--config", source, "--data", from, "--email", "officer@example.org", "--role", "analyst"); err != nil {
		t.Errorf("staff add: %v\n%s", err, out)
	}
	if _, err = run(t, "replay", "move", "--from", source); err == nil || !strings.Contains(err.Error(), "to") {
		t.Errorf("without a target: %v", err)
	}
	if _, err = run(t, "replay", "move", "--from", source, "--to", filepath.Join(from, "nothing.yaml")); err == nil || !strings.Contains(err.Error(), "--to") {
		t.Errorf("to a file that is not there: %v", err)
	}
}

func TestExportImportAndVerifyOnTheCommandLine(t *testing.T) {
	t.Setenv("ACCOUNTLEDGER_STORE_RESERVE", "-1")
	dir := ledger(t)
	if out, err := run(t, "staff", "add", "--data", dir, "--email", "officer@example.org", "--role", "analyst"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	file := filepath.Join(t.TempDir(), "ledger.ndjson.zst")
	out, err := run(t, "replay", "export", file, "--data", dir, "--vault")
	if err != nil || !strings.Contains(out, "Exported") {
		t.Fatalf("export: %v\n%s", err, out)
	}
	out, err = run(t, "replay", "export", file, "--data", dir)
	if err == nil || !strings.Contains(err.Error(), "exists") {
		t.Errorf("export again: %v\n%s", err, out)
	}
	to := filepath.Join(t.TempDir(), "data")
	out, err = run(t, "replay", "import", file, "--data", to, "--vault", "--master-key", filepath.Join(dir, "dev-master.key"), "--json")
	var in restores.Imported
	if at := strings.Index(out, "{"); err != nil || at < 0 || json.Unmarshal([]byte(out[at:]), &in) != nil || in.Events == 0 || in.Rows == 0 || in.Archive {
		t.Fatalf("import: %v\n%s", err, out)
	}
	out, err = run(t, "verify", "--data", to, "--master-key", filepath.Join(dir, "dev-master.key"))
	if err != nil || !strings.Contains(out, "All whole.") {
		t.Errorf("verify: %v\n%s", err, out)
	}
	archive := filepath.Join(t.TempDir(), "data")
	out, err = run(t, "replay", "import", file, "--data", archive, "--dev")
	if err != nil || !strings.Contains(out, "archive") {
		t.Errorf("import without the vault: %v\n%s", err, out)
	}
	out, err = run(t, "verify", "--data", archive)
	if err != nil || !strings.Contains(out, "archive") {
		t.Errorf("verify of the archive: %v\n%s", err, out)
	}
	if out, err = run(t, "staff", "add", "--data", archive, "--email", "late@example.org", "--role", "analyst"); err == nil {
		t.Errorf("an archive takes appends:\n%s", out)
	}
}
