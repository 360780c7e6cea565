package docs_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

const (
	starts   = "a test starts the server itself, with the page's configuration and on free ports"
	engines  = "it needs servers of other engines"
	damage   = "it needs a damaged ledger or one with a foreign event; package server damages some and runs it"
	terminal = "an officer signs in on the terminal; package cmd/accountledger does that"
	waits    = "it is refused for 35 days"
	hours    = "it is what runs this test, or takes minutes to hours"
)

// parsedOnly are the lines of console blocks, which are not run, and why. The program still has to know the command and every flag.
var parsedOnly = map[string]string{
	"go run ./cmd/accountledger serve --dev":                                                                                 starts,
	"go run ./cmd/accountledger serve --dev --erasure-grace 0s":                                                              starts,
	"accountledger keys new /etc/accountledger/keys/master.key":                                                              starts,
	"accountledger serve --config /etc/accountledger/config.yaml":                                                            starts,
	"accountledger serve --config ledger.yaml --data /var/lib/accountledger/api --role api":                                  engines,
	"accountledger serve --config ledger.yaml --data /var/lib/accountledger/consumers --role consumers":                      engines,
	`accountledger serve --accept older-log --reason "the disk of the log was restored from Monday"`:                         damage,
	`accountledger serve --accept older-vault --reason "the vault was restored from Monday"`:                                 damage,
	`accountledger serve --accept lost-log-id --reason "the stream was deleted by mistake"`:                                  damage,
	`accountledger replay skip accounts 01890000-0000-7000-8000-000000000000 --reason "issue 42: fixed in the next version"`: damage,
	`accountledger replay skip 01890000-0000-7000-8000-000000000000 --reason "written by a test, not by a ledger"`:           damage,
	"accountledger replay show ACCOUNT --purpose subject_request --case DSR-2026-0042 --at 2026-03-01T12:00:00Z":             terminal,
	"accountledger keys destroyed ID":                                                                                        waits,
	"make build":                                                                                                             hours,
	"make test":                                                                                                              hours,
	"make lint":                                                                                                              hours,
}

var inline = regexp.MustCompile("`(accountledger [^`…]*|make [a-z-]+)`")

// TestParsedCommands checks commands that are not run: those of console blocks, and those in running text.
func TestParsedCommands(t *testing.T) {
	if testing.Short() {
		t.Skip("it drives the program from outside")
	}
	t.Parallel()
	seen := map[string]bool{}
	for name, p := range pages(t) {
		for _, b := range p.all("console") {
			for _, line := range strings.Split(strings.TrimSpace(b.text), "\n") {
				if parsedOnly[line] == "" {
					t.Errorf("%s:%d: nobody runs %q: make it an sh block, or say here why not", name, b.line, line)
				}
				seen[line] = true
				parse(t, name, line)
			}
		}
		for _, m := range inline.FindAllStringSubmatch(prose(p.text), -1) {
			parse(t, name, m[1])
		}
	}
	for line := range parsedOnly {
		if !seen[line] {
			t.Errorf("no page has %q any more", line)
		}
	}
}

// parse checks that the program, or the Makefile, knows a command line.
func parse(t *testing.T, page, line string) {
	t.Helper()
	if target, ok := strings.CutPrefix(line, "make "); ok {
		makefile, err := os.ReadFile("../Makefile")
		fatal(t, err)
		if !strings.Contains(string(makefile), "\n"+target+":") {
			t.Errorf("%s: the Makefile has no target %s", page, target)
		}
		return
	}
	args := words(strings.TrimPrefix(strings.TrimPrefix(line, "go run ./cmd/accountledger "), "accountledger "))
	got, err := help(t, args...)
	if err != nil {
		t.Errorf("%s: %s: %v", page, line, err)
		return
	}
	took := commandOf(got)
	if len(args) < len(took) || strings.Join(args[:len(took)], " ") != strings.Join(took, " ") {
		t.Errorf("%s: %s: the program takes it for %q", page, line, took)
		return
	}
	if rest := args[len(took):]; isGroup(got) && len(rest) > 0 && !strings.HasPrefix(rest[0], "-") {
		t.Errorf("%s: there is no command %q", page, line)
	}
}

// commandOf is the command that a help text is of, without the program's name.
func commandOf(help string) (out []string) {
	_, usage, _ := strings.Cut(help, "Usage:\n  accountledger")
	usage, _, _ = strings.Cut(usage, "\n")
	for _, word := range strings.Fields(usage) {
		if strings.ToLower(word) != word || strings.ContainsAny(word, "[-") { // arguments and flags begin
			break
		}
		out = append(out, word)
	}
	return out
}

// isGroup says whether a help text is of a command that only holds others.
func isGroup(help string) bool { return strings.Contains(help, "\nAvailable Commands:\n") }

// words splits a command line at spaces, but not within double quotes.
func words(line string) (out []string) {
	for i, part := range strings.Split(line, `"`) {
		if i%2 == 1 {
			out = append(out, part)
		} else {
			out = append(out, strings.Fields(part)...)
		}
	}
	return out
}
