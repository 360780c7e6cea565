package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	restores "accountledger/replay/restore"
)

func TestBackupAndRestoreOnTheCommandLine(t *testing.T) {
	t.Setenv("ACCOUNTLEDGER_STORE_RESERVE", "-1")
	dir := ledger(t)
	list := filepath.Join(t.TempDir(), "destructions.ndjson")
	backup := filepath.Join(t.TempDir(), "backup")
	out, err := run(t, "backup", backup, "--data", dir, "--backup-list", list)
	if err != nil || !strings.Contains(out, "Backed up") || !strings.Contains(out, "list of destructions has") {
		t.Fatalf("backup: %v\n%s", err, out)
	}
	if out, err = run(t, "backup", backup, "--data", dir, "--backup-list", list); err == nil || !strings.Contains(err.Error(), "folder of its own") {
		t.Errorf("backup again: %v\n%s", err, out)
	}
	out, err = run(t, "status", "--data", dir, "--backup-list", list)
	if err != nil || !strings.Contains(out, "newest completed") || !strings.Contains(out, list) {
		t.Errorf("status: %v\n%s", err, out)
	}
	out, err = run(t, "status", "--data", dir)
	if err != nil || !strings.Contains(out, "can bring back people erased after the backup") {
		t.Errorf("status without a list: %v\n%s", err, out)
	}
	to, key := filepath.Join(t.TempDir(), "data"), filepath.Join(dir, "dev-master.key")
	out, err = run(t, "restore", backup, "--data", to, "--master-key", key)
	if err == nil || !strings.Contains(err.Error(), "--without-list") {
		t.Errorf("restore without a word about the list: %v\n%s", err, out)
	}
	out, err = run(t, "restore", backup, "--data", to, "--master-key", key, "--list", list, "--json")
	var done restores.Restored
	if at := strings.Index(out, "{"); err != nil || at < 0 || json.Unmarshal([]byte(out[at:]), &done) != nil || done.Events == 0 || done.List != "proven" {
		t.Fatalf("restore: %v\n%s", err, out)
	}
	out, err = run(t, "verify", "--data", to, "--master-key", key)
	if err != nil || !strings.Contains(out, "All whole.") {
		t.Errorf("verify: %v\n%s", err, out)
	}
	out, err = run(t, "restore", backup, "--data", to, "--master-key", key, "--list", list)
	if err == nil || !strings.Contains(err.Error(), "not empty") {
		t.Errorf("restore into what is there: %v\n%s", err, out)
	}
}
