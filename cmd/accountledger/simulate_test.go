package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"accountledger/simulate"
)

func TestSimulate(t *testing.T) {
	t.Setenv("ACCOUNTLEDGER_STORE_RESERVE", "-1")
	dir := filepath.Join(t.TempDir(), "data")
	out, err := run(t, "simulate", "--direct", "--accounts", "30", "--seed", "2", "--days", "3", "--data", dir)
	if err != nil || strings.Contains(out, "playing") || !strings.Contains(out, "the views say what was played") {
		t.Fatalf("%v\n%s", err, out)
	}
	// The ledger has a history now, so its clock is not played with again.
	out, err = run(t, "simulate", "--direct", "--accounts", "5", "--data", dir, "--json", "--log-level", "error")
	var s simulate.Summary
	i := strings.Index(out, "{")
	if err != nil || i < 0 || json.Unmarshal([]byte(out[i:]), &s) != nil || s.Accounts != 5 || s.Days != 0 || s.Took <= 0 {
		t.Errorf("%v\n%s", err, out)
	}
	for want, args := range map[string][]string{
		"mail server": {"simulate", "--accounts", "5", "--data", dir, "--smtp-host", "mail.example.org", "--smtp-from", "ledger@example.org"},
		"accounts":    {"simulate", "--data", dir},
		"days":        {"simulate", "--direct", "--accounts", "5", "--days", "9999", "--data", dir},
	} {
		if _, err := run(t, args...); err == nil || !strings.Contains(explain(err), want) {
			t.Errorf("%v: %v, wanted %s", args, err, want)
		}
	}
}
