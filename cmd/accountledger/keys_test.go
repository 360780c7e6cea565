package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"accountledger/operate"

	"github.com/go-json-experiment/json"
)

// The way of a master key, as an operator types it.
func TestKeysCommands(t *testing.T) {
	t.Setenv("ACCOUNTLEDGER_STORE_RESERVE", "-1")
	dir := ledger(t)
	first := filepath.Join(dir, "dev-master.key")
	list := func() (all []operate.MasterKey) {
		t.Helper()
		out, err := run(t, "keys", "list", "--data", dir, "--dev", "--json")
		if err != nil || json.Unmarshal([]byte(out), &all) != nil {
			t.Fatalf("keys list: %v\n%s", err, out)
		}
		return all
	}
	old := list()[0]
	out, err := run(t, "keys", "rotate", "--data", dir, "--dev")
	if err != nil || strings.Contains(out, "rewrapping") || !strings.Contains(out, "Master key "+old.ID+" is out of use") ||
		!strings.Contains(out, "keys destroyed "+old.ID) {
		t.Errorf("keys rotate: %v\n%s", err, out)
	}
	if out, err = run(t, "keys", "list", "--data", dir, "--dev"); err != nil || !strings.Contains(out, "kept") || !strings.Contains(out, "current") {
		t.Errorf("keys list: %v\n%s", err, out)
	}
	if out, err = run(t, "status", "--data", dir, "--dev"); err != nil || !strings.Contains(out, old.ID+", out of use") {
		t.Errorf("status: %v\n%s", err, out)
	}
	for want, args := range map[string][]string{
		"still there":        {"keys", "destroyed", old.ID, "--force"},
		"still wrapped":      {"keys", "destroyed", list()[1].ID},
		"never under":        {"keys", "destroyed", "x"},
		"needs ID":           {"keys", "destroyed"},
		"outside the data":   {"keys", "rotate", "--to", first, "--dev=false"},
		"does not read that": {"keys", "rotate", "--to", filepath.Join(t.TempDir(), "elsewhere.key"), "--dev"},
	} {
		if _, err := run(t, append(args, "--data", dir)...); err == nil || !strings.Contains(explain(err), want) {
			t.Errorf("%v: %v, wanted %s", args, err, want)
		}
	}
	if err := os.Remove(first); err != nil {
		t.Fatal(err)
	}
	if _, err := run(t, "keys", "destroyed", old.ID, "--data", dir, "--dev"); err == nil || !strings.Contains(explain(err), "--force") {
		t.Errorf("while backups are kept: %v", err)
	}
	if out, err = run(t, "keys", "destroyed", old.ID, "--data", dir, "--dev", "--backup-keep", "0s"); err != nil ||
		!strings.Contains(out, "recorded as destroyed") {
		t.Errorf("keys destroyed: %v\n%s", err, out)
	}
	if all := list(); len(all) != 2 || all[0].State != operate.KeyDestroyed || all[1].State != operate.KeyCurrent {
		t.Errorf("%+v", all)
	}
}
