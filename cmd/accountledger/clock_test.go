package main

import (
	"strings"
	"testing"
	"time"
)

func TestTheClockIsConfirmedByItsTimeAlone(t *testing.T) {
	t.Setenv("ACCOUNTLEDGER_STORE_RESERVE", "-1")
	dir := ledger(t)
	if out, err := run(t, "clock", "confirm", "--data", dir); err == nil {
		t.Errorf("it was confirmed without a time:\n%s", out)
	}
	if out, err := run(t, "clock", "confirm", "2001-01-01", "--data", dir); err == nil || !strings.Contains(explain(err), "not the time that you gave") {
		t.Errorf("another day was confirmed: %v\n%s", err, out)
	}
	now := time.Now().UTC().Format("2006-01-02T15:04Z")
	out, err := run(t, "clock", "confirm", now, "--data", dir, "--reason", "It was off for a month.")
	if err != nil || !strings.Contains(out, "is confirmed") {
		t.Errorf("clock confirm: %v\n%s", err, out)
	}
	if out, err = run(t, "status", "--data", dir); err != nil || !strings.Contains(out, "\nclock ") {
		t.Errorf("status: %v\n%s", err, out)
	}
}

func TestTheClockIsMovedForwardWithDevAlone(t *testing.T) {
	for name, args := range map[string][]string{
		"--dev":   {"serve", "--data", t.TempDir(), "--clock", "+72h"},
		"forward": {"serve", "--data", t.TempDir(), "--dev", "--clock", "-72h"},
		"above 0": {"serve", "--data", t.TempDir(), "--dev", "--clock", "0s"},
	} {
		if out, err := run(t, args...); err == nil || !strings.Contains(explain(err), "--clock") || !strings.Contains(explain(err), name) {
			t.Errorf("%v: %v\n%s", args, err, out)
		}
	}
}
