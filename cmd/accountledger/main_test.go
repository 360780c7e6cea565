package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"accountledger/operate"
	"accountledger/server"
)

// run runs one command line and gives what it prints.
func run(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	c := root()
	c.SetOut(&out)
	c.SetErr(&out)
	err := execute(t.Context(), c, args)
	return out.String(), err
}

// ledger is a data folder that a server was opened on once.
func ledger(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	cfg, err := server.LoadConfig("", map[string]any{"data": dir, "dev": true, "store.reserve": "-1"})
	if err != nil {
		t.Fatal(err)
	}
	s, err := server.Open(t.Context(), cfg, server.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestCommandsOnAFolderThatNobodyServes(t *testing.T) {
	t.Setenv("ACCOUNTLEDGER_STORE_RESERVE", "-1")
	dir := ledger(t)
	out, err := run(t, "status", "--data", dir, "--json")
	var st operate.Status
	if err != nil || json.Unmarshal([]byte(out), &st) != nil || st.Running || !st.Ready {
		t.Errorf("status: %v\n%s", err, out)
	}
	if out, err = run(t, "mailbox", "--data", dir); err != nil || !strings.Contains(out, "empty") {
		t.Errorf("mailbox: %v\n%s", err, out)
	}
	if out, err = run(t, "mailbox", "--data", dir, "--json"); err != nil || strings.TrimSpace(out) != "[]" {
		t.Errorf("mailbox --json: %v\n%s", err, out)
	}
	if out, err = run(t, "staff", "add", "--data", dir, "--email", "officer@example.org", "--role", "compliance"); err != nil || !strings.Contains(out, "ale_") {
		t.Errorf("staff add: %v\n%s", err, out)
	}
	if out, err = run(t, "service", "add", "--data", dir, "--name", "maps", "--allow", "location:navigation,contacts:sync"); err != nil ||
		!strings.Contains(out, "alk_") {
		t.Errorf("service add: %v\n%s", err, out)
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"rotate", "maps"}, "Key 2 of service maps"},
		{[]string{"end-key", "maps", "1"}, "has key 1 no longer"},
		{[]string{"rename", "maps", "--name", "roads"}, "roads"},
		{[]string{"allow", "roads", "--allow", "location:weather"}, "may ask for this now"},
		{[]string{"suspend", "roads"}, "suspended"},
		{[]string{"list"}, "location:weather"},
		{[]string{"resume", "maps"}, "Service roads resumed"}, // a former name is still its own
		{[]string{"end", "roads"}, "ended"},
		{[]string{"list", "--json"}, `"state": "ended"`},
	} {
		if out, err = run(t, append(append([]string{"service"}, c.args...), "--data", dir)...); err != nil || !strings.Contains(out, c.want) {
			t.Errorf("service %s: %v\n%s", strings.Join(c.args, " "), err, out)
		}
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"reset", "officer@example.org"}, "ale_"},
		{[]string{"end-role", "officer@example.org", "compliance"}, "this role no longer"},
		{[]string{"end", "officer@example.org"}, "is one no longer"},
		{[]string{"add", "--email", "officer@example.org", "--role", "analyst"}, "ale_"},
	} {
		if out, err = run(t, append(append([]string{"staff"}, c.args...), "--data", dir)...); err != nil || !strings.Contains(out, c.want) {
			t.Errorf("staff %s: %v\n%s", strings.Join(c.args, " "), err, out)
		}
	}
	if _, err = run(t, "service", "end", "nobody", "--data", dir); err == nil || !strings.Contains(explain(err), "no service") {
		t.Errorf("service end nobody: %v", err)
	}
	if out, err = run(t, "replay", "rebuild", "accounts", "--data", dir); err != nil || !strings.Contains(out, "Rebuilt") {
		t.Errorf("replay rebuild: %v\n%s", err, out)
	}
}

func TestWrongCommandLines(t *testing.T) {
	t.Setenv("ACCOUNTLEDGER_STORE_RESERVE", "-1")
	dir := ledger(t)
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"a folder as an argument": {[]string{"serve", dir}, "serve takes no arguments"},
		"no file":                 {[]string{"keys", "new"}, "keys new needs FILE"},
		"one folder of two":       {[]string{"salvage", dir}, "salvage needs DATA and OUT"},
		"two folders":             {[]string{"backup", dir, dir}, "backup takes only OUT"},
		"no such topic":           {[]string{"help", "nonsense"}, "nonsense"},
		"no such topic of replay": {[]string{"help", "replay", "nonsense"}, "nonsense"},
		"nobody to simulate":      {[]string{"simulate", "--accounts", "-3", "--data", dir}, "--accounts: give a number from 1"},
		"neither flag":            {[]string{"staff", "add", "--data", dir}, "give --email and --role"},
		"no such role":            {[]string{"staff", "add", "--data", dir, "--email", "a@example.org", "--role", "king"}, "role"},
		"no address":              {[]string{"staff", "add", "--data", dir, "--role", "admin"}, "email"},
		"no such purpose":         {[]string{"service", "add", "--data", dir, "--name", "maps", "--allow", "location"}, "permission:purpose"},
		"no such view":            {[]string{"replay", "rebuild", "nothing", "--data", dir}, "no view"},
		"no ledger":               {[]string{"status", "--data", filepath.Join(dir, "elsewhere")}, "no ledger"},
		"no such flag":            {[]string{"status", "--dta", dir}, "--dta"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := run(t, c.args...)
			if err == nil || !strings.Contains(explain(err), c.want) {
				t.Errorf("%v, wanted %s", err, c.want)
			}
		})
	}
}
