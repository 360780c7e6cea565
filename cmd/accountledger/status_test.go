package main

import (
	"errors"
	"strings"
	"testing"

	"accountledger/operate"

	"github.com/go-json-experiment/json"
)

// TestStatusOfALedgerThatIsNotReady: the command tells all it can, and why the ledger is not ready, and fails.
func TestStatusOfALedgerThatIsNotReady(t *testing.T) {
	dir := ledger(t)
	t.Setenv("ACCOUNTLEDGER_STORE_RESERVE", "1000000000000000000")
	out, err := run(t, "status", "--data", dir)
	if !errors.Is(err, errNotReady) || !strings.Contains(out, "no: log: no space: eventstore: free disk space is below the reserve") ||
		!strings.Contains(out, "fault") ||
		!strings.Contains(out, "master key") {
		t.Errorf("%v\n%s", err, out)
	}
	out, err = run(t, "status", "--data", dir, "--json")
	var st operate.Status
	if !errors.Is(err, errNotReady) || json.Unmarshal([]byte(out), &st) != nil || st.Ready || len(st.Faults) != 1 || st.Faults[0].Kind != "no_space" {
		t.Errorf("%v\n%s", err, out)
	}
}
