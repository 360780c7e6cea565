package server_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
)

// block is one fenced block of the README's walk: commands, and what they are said to print.
type block struct{ commands, answer string }

var fence = regexp.MustCompile("(?ms)^```(sh|json)\n(.*?)^```$")

// walkOf takes the walk out of the README.
func walkOf(t *testing.T) []block {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "README.md"))
	fatal(t, err)
	_, walk, ok := strings.Cut(string(text), "\n## The walk\n")
	if !ok {
		t.Fatal("the README has no walk")
	}
	walk, _, _ = strings.Cut(walk, "\n## ")
	var out []block
	for _, m := range fence.FindAllStringSubmatch(walk, -1) {
		if m[1] == "sh" {
			out = append(out, block{commands: m[2]})
		} else {
			out[len(out)-1].answer = m[2]
		}
	}
	return out
}

// TestReadmeWalk pastes the README's walk into a shell, and compares what it prints with what the README says.
func TestReadmeWalk(t *testing.T) {
	blocks := walkOf(t)
	if len(blocks) < 10 {
		t.Fatalf("the walk has %d blocks only", len(blocks))
	}
	s := start(t, config(t))
	var script bytes.Buffer
	for i, b := range blocks {
		script.WriteString(strings.ReplaceAll(b.commands, "http://127.0.0.1:8080", s.url))
		script.WriteString("\nprintf '\\n@@" + strconv.Itoa(i) + "\\n'\n")
	}
	cmd := exec.CommandContext(t.Context(), "bash", "-u")
	cmd.Dir, cmd.Stdin = "..", &script
	cmd.Env = append(os.Environ(), "ACCOUNTLEDGER_DATA="+s.cfg.Data)
	if _, err := exec.LookPath("curl"); err != nil {
		cmd.Env = append(cmd.Env, "PATH="+curlFolder(t)+string(os.PathListSeparator)+os.Getenv("PATH"))
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	printed, err := cmd.Output()
	if err != nil {
		t.Fatalf("the walk failed: %v\n%s\n%s", err, printed, stderr.String())
	}
	rest := string(printed)
	for i, b := range blocks {
		var got string
		got, rest, _ = strings.Cut(rest, "\n@@"+strconv.Itoa(i)+"\n")
		compareLines(t, b, got)
	}
	if stderr.Len() > 0 {
		t.Errorf("the walk complained: %s", stderr.String())
	}
}

func compareLines(t *testing.T, b block, got string) {
	t.Helper()
	want := answers(b.answer)
	have := answers(got)
	if len(want) != len(have) {
		t.Errorf("\n%s\nprinted %d answers, the README shows %d:\n%s", b.commands, len(have), len(want), got)
		return
	}
	for i := range want {
		var w, h any
		fatal(t, json.Unmarshal([]byte(want[i]), &w))
		if err := json.Unmarshal([]byte(have[i]), &h); err != nil {
			t.Errorf("\n%s\nprinted no JSON: %s", b.commands, have[i])
			continue
		}
		if at, ok := alike("", w, h); !ok {
			t.Errorf("\n%s\nprinted\n  %s\nwhich differs at %s from the README's\n  %s", b.commands, have[i], at, want[i])
		}
	}
}

// answers joins what stands over several lines and drops empty ones: an answer begins with { or [ at the line's start.
func answers(s string) []string {
	var out []string
	for _, line := range strings.Split(s, "\n") {
		switch {
		case strings.TrimSpace(line) == "":
		case len(out) > 0 && line[0] != '{' && line[0] != '[':
			out[len(out)-1] += line
		default:
			out = append(out, line)
		}
	}
	return out
}

// alike compares an answer with the one shown, where … stands for what differs each time.
func alike(at string, want, have any) (string, bool) {
	switch w := want.(type) {
	case map[string]any:
		h, ok := have.(map[string]any)
		if !ok || len(h) != len(w) {
			return at + "/ (members)", false
		}
		for k, v := range w {
			if _, ok := h[k]; !ok {
				return at + "/" + k, false
			}
			if place, ok := alike(at+"/"+k, v, h[k]); !ok {
				return place, false
			}
		}
		return at, true
	case []any:
		h, ok := have.([]any)
		if !ok || len(h) != len(w) {
			return at + " (length)", false
		}
		for i := range w {
			if place, ok := alike(at+"/"+strconv.Itoa(i), w[i], h[i]); !ok {
				return place, false
			}
		}
		return at, true
	case string:
		h, ok := have.(string)
		if !ok {
			return at, false
		}
		return at, regexp.MustCompile("^" + strings.ReplaceAll(regexp.QuoteMeta(w), "…", ".+") + "$").MatchString(h)
	default:
		return at, want == have
	}
}
