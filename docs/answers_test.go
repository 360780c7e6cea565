package docs_test

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
)

// compareLines compares what a block printed with the answers that the page shows, line by line.
func compareLines(t *testing.T, b block, got string) {
	t.Helper()
	want := answers(b.answer)
	have := answers(got)
	if len(want) != len(have) {
		t.Errorf("\n%s\nprinted %d answers, the page shows %d:\n%s", b.text, len(have), len(want), got)
		return
	}
	for i := range want {
		var w, h any
		fatal(t, json.Unmarshal([]byte(want[i]), &w))
		if err := json.Unmarshal([]byte(have[i]), &h); err != nil {
			t.Errorf("\n%s\nprinted no JSON: %s", b.text, have[i])
			continue
		}
		if at, ok := alike("", w, h); !ok {
			t.Errorf("\n%s\nprinted\n  %s\nwhich differs at %s from the page's\n  %s", b.text, have[i], at, want[i])
		}
	}
}

// answers joins an answer of several lines and drops empty lines: an answer begins with { or [ at the start of a line.
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

// alike compares an answer with the one shown, where … means what differs each time.
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
