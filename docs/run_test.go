package docs_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// run says on which ledger a page's sh blocks are run, in order and in one shell.
type run struct {
	on        func(*testing.T) *ledger
	goesOn    bool // after the walk, before its last step
	inSources bool // in the repository's folder
}

// tryingAtOnce lets an erasure be carried out without a wait, as the walk's server does.
func tryingAtOnce(t *testing.T) *ledger { return trying(t, "ACCOUNTLEDGER_ERASURE_GRACE=0s") }

func tryingAsIs(t *testing.T) *ledger { return trying(t) }

var runs = map[string]run{
	"../README.md":         {on: tryingAsIs, inSources: true},
	"walk.md":              {on: tryingAtOnce, inSources: true},
	"integrating.md":       {on: tryingAtOnce, inSources: true, goesOn: true},
	"compliance.md":        {on: tryingAtOnce, inSources: true, goesOn: true},
	"analysts.md":          {on: tryingAtOnce, inSources: true, goesOn: true},
	"simulating.md":        {on: tryingAsIs},
	"command-line.md":      {on: tryingAsIs},
	"operating.md":         {on: operated},
	"backups-and-keys.md":  {on: operated},
	"moving.md":            {on: operated},
	"when-things-break.md": {on: operated},
}

// TestCommands pastes each page's sh blocks into a shell, and compares what they print with the json block after them.
func TestCommands(t *testing.T) {
	if testing.Short() {
		t.Skip("it drives the program from outside")
	}
	for name, p := range pages(t) {
		blocks := p.all("sh")
		how, known := runs[name]
		switch {
		case len(blocks) == 0 && !known:
			continue
		case len(blocks) == 0 || !known:
			t.Errorf("%s has %d sh blocks, and a run: %v", name, len(blocks), known)
			continue
		}
		t.Run(filepath.Base(name), func(t *testing.T) {
			t.Parallel()
			if how.goesOn {
				blocks = append(walkBeforeLeaving(t), blocks...)
			}
			l := how.on(t)
			for _, b := range p.all("yaml") {
				if b.title != "" {
					fatal(t, os.WriteFile(filepath.Join(l.root, b.title), []byte(l.placed(b.text)), 0o600))
				}
			}
			paste(t, l, how, blocks)
		})
	}
}

func walkBeforeLeaving(t *testing.T) (out []block) {
	t.Helper()
	for _, b := range read(t, "walk.md").all("sh") {
		if b.heading == "Leave" {
			return out
		}
		out = append(out, b)
	}
	t.Fatal("the walk has no last step")
	return nil
}

// paste runs blocks in one shell, which stops at the first command that fails.
func paste(t *testing.T, l *ledger, how run, blocks []block) {
	t.Helper()
	var script bytes.Buffer
	for i, b := range blocks {
		script.WriteString(l.placed(b.text) + "\nprintf '\\n@@" + strconv.Itoa(i) + "\\n'\n")
	}
	cmd := exec.CommandContext(t.Context(), "bash", "-eu")
	cmd.Dir, cmd.Stdin = l.root, &script
	if how.inSources {
		cmd.Dir = ".."
	}
	cmd.Env = append(bare(), l.settings...)
	cmd.Env = append(cmd.Env, "PATH="+standIns(t, l)+string(os.PathListSeparator)+os.Getenv("PATH"))
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	printed, err := cmd.Output()
	if err != nil {
		t.Fatalf("a command failed: %v\n%s\n%s", err, printed, stderr.String())
	}
	rest := string(printed)
	for i, b := range blocks {
		var got string
		got, rest, _ = strings.Cut(rest, "\n@@"+strconv.Itoa(i)+"\n")
		if b.answer != "" {
			compareLines(t, b, got)
		}
	}
	for _, line := range strings.Split(strings.TrimSpace(stderr.String()), "\n") {
		if line != "" && !strings.HasPrefix(line, "time=") { // what a server logs is no complaint
			t.Errorf("the commands complained: %s", line)
		}
	}
}

// standIns is a folder with the program, a systemctl that stops and starts the test's server, and a curl where there is none.
func standIns(t *testing.T, l *ledger) string {
	t.Helper()
	dir := t.TempDir()
	fatal(t, os.Symlink(program(t), filepath.Join(dir, "accountledger")))
	fatal(t, os.WriteFile(filepath.Join(dir, "systemctl"), []byte("#!/bin/sh\nexec curl -s "+l.control+"/$1\n"), 0o700))
	if _, err := exec.LookPath("curl"); err != nil {
		self, err := os.Executable()
		fatal(t, err)
		fatal(t, os.Symlink(self, filepath.Join(dir, "curl")))
	}
	return dir
}
