package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/spf13/cobra"

	"accountledger/operate"
	"accountledger/server"
)

// TestEveryCommandTakesJSON walks the whole command line.
func TestEveryCommandTakesJSON(t *testing.T) {
	leaves := 0
	each(root(), func(c *cobra.Command) {
		if !c.HasSubCommands() {
			leaves++
		}
		if f := c.Flag(jsonFlag); f == nil || f.Value.Type() != "bool" {
			t.Errorf("%s has no --json", c.CommandPath())
		}
		if c.Short == "" || strings.HasSuffix(c.Short, ".") {
			t.Errorf("%s: %q is no line of help", c.CommandPath(), c.Short)
		}
	})
	if leaves < 20 {
		t.Errorf("%d commands were found", leaves)
	}
}

// TestJSONOfCommands: one document on success, with nothing before or after it.
func TestJSONOfCommands(t *testing.T) {
	t.Setenv("ACCOUNTLEDGER_STORE_RESERVE", "-1")
	dir := ledger(t)
	to := t.TempDir()
	for _, args := range [][]string{
		{"version"}, {"--version"}, {"help", "exit-codes"}, {"help"}, {"serve", "--help"}, {"completion", "bash"}, {"completion", "fish"},
		{"status", "--data", dir}, {"verify", "--data", dir}, {"mailbox", "--data", dir},
		{"staff", "add", "--data", dir, "--email", "officer@example.org", "--role", "analyst"},
		{"service", "add", "--data", dir, "--name", "maps", "--allow", "location:navigation"},
		{"keys", "list", "--data", dir}, {"keys", "rotate", "--data", dir, "--dev"},
		{"clock", "confirm", server.ThisBuild().Version + "?", "--data", dir}, // refused
		{"replay", "rebuild", "--data", dir}, {"replay", "rebuild", "accounts", "--data", dir}, {"replay", "compare", "--data", dir},
		{"replay", "skip", "--data", dir},
		{"replay", "export", filepath.Join(to, "out.ndjson"), "--data", dir},
		{"backup", filepath.Join(to, "backup"), "--data", dir},
		{"salvage", dir, filepath.Join(to, "salvaged"), "--dev"},
	} {
		var document any
		out, err := run(t, append(args, "--json")...)
		if err != nil && args[0] == "clock" {
			var line *commandError
			if f := failureOf(err); out != "" || f.Exit != operate.ExitUsage || f.Field != "TIME" {
				t.Errorf("%v: %q %+v %v", args, out, f, line)
			}
			continue
		}
		if err != nil || json.Unmarshal([]byte(out), &document) != nil {
			t.Errorf("%v: %v\n%s", args, err, out)
		}
	}
}

// TestErrorsAsJSON: wherever --json is on the line, even on a line that cannot be parsed.
func TestErrorsAsJSON(t *testing.T) {
	t.Setenv("ACCOUNTLEDGER_STORE_RESERVE", "-1")
	dir := ledger(t)
	for _, c := range []struct {
		args  []string
		code  string
		field string
	}{
		{[]string{"--json", "status", "--dta", dir}, "usage", ""},
		{[]string{"status", "--dta", dir, "--json"}, "usage", ""},
		{[]string{"--json", "sreve"}, "usage", ""},
		{[]string{"replay", "--json"}, "usage", ""},
		{[]string{"staff", "add", "--data", dir, "--email", "nobody", "--role", "admin", "--json"}, "invalid_email", "--email"},
		{[]string{"service", "add", "--data", dir, "--name", "Maps", "--allow", "location:navigation", "--json"}, "invalid_service_name", "--name"},
		{[]string{"replay", "skip", "accounts", "9", "--reason", "because", "--data", dir, "--json"}, "invalid_event", "EVENT"},
		{[]string{"replay", "show", "7b0e4bb4-5f0c-4bd5-8a7e-3f1d3f6a9f10", "--purpose", "audit", "--case", "x", "--data", dir, "--json"}, "invalid_case", "--case"},
		{[]string{"serve", "--data", dir, "--role", "king", "--json"}, "invalid_configuration", "role"},
		{[]string{"verify", "--data", filepath.Join(dir, "elsewhere"), "--json"}, "no_ledger", ""},
	} {
		var errs strings.Builder
		_, err := run(t, c.args...)
		exit := report(&errs, err)
		f := failure(t, errs.String())
		if strings.Count(errs.String(), "\n") != 1 || f.Code != c.code || f.Field != c.field || f.Exit != exit || exit == operate.ExitDone {
			t.Errorf("%v: %s", c.args, errs.String())
		}
	}
	// The same in words names the flag.
	_, err := run(t, "staff", "add", "--data", dir, "--email", "nobody", "--role", "admin")
	if text := explain(err); !strings.HasPrefix(text, "--email: ") || strings.Contains(text, "/email") {
		t.Error(text)
	}
}

func TestHowTheProgramIsStartedAgain(t *testing.T) {
	for want, c := range map[string][2]string{
		"accountledger":               {"accountledger", "/usr/bin/accountledger"},
		"bin/accountledger":           {"bin/accountledger", "/src/bin/accountledger"},
		"'/a b/accountledger'":        {"/a b/accountledger", "/a b/accountledger"},
		"go run ./cmd/accountledger":  {"/tmp/go-build12/b001/exe/accountledger", "/tmp/go-build12/b001/exe/accountledger"},
		"go run ./cmd/accountledger ": {"/root/.cache/go-build/ab/cd-d/accountledger", "/root/.cache/go-build/ab/cd-d/accountledger"},
	} {
		if got := programName(c[0], c[1]); got != strings.TrimSpace(want) {
			t.Errorf("%v: %s", c, got)
		}
	}
}
