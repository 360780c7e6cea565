package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	link      = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	unsluggy  = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
	languages = regexp.MustCompile(`^(sh|console|json|yaml|text)$`)
)

// anchors are what a page's headings can be linked to by.
func anchors(text string) map[string]bool {
	out := map[string]bool{}
	for _, m := range heads.FindAllStringSubmatch(prose(text), -1) {
		out[strings.ReplaceAll(unsluggy.ReplaceAllString(strings.ToLower(m[1]), ""), " ", "-")] = true
	}
	return out
}

func TestLinks(t *testing.T) {
	all := pages(t)
	all["../deploy/README.md"] = read(t, "../deploy/README.md")
	for name, p := range all {
		for _, m := range link.FindAllStringSubmatch(prose(p.text), -1) {
			if strings.HasPrefix(m[1], "https://") {
				continue
			}
			path, anchor, _ := strings.Cut(m[1], "#")
			target := name
			if path != "" {
				target = filepath.Join(filepath.Dir(name), path)
			}
			if !strings.HasPrefix(mustAbs(t, target), mustAbs(t, "..")) {
				t.Errorf("%s: the link %s leaves the repository", name, m[1])
			}
			text, err := os.ReadFile(target)
			if info, statErr := os.Stat(target); statErr == nil && info.IsDir() {
				err = nil
			}
			if err != nil {
				t.Errorf("%s: the link %s leads nowhere", name, m[1])
			} else if anchor != "" && !anchors(string(text))[anchor] {
				t.Errorf("%s: the link %s names no heading of that page", name, m[1])
			}
		}
	}
}

func mustAbs(t *testing.T, path string) string {
	t.Helper()
	abs, err := filepath.Abs(path)
	fatal(t, err)
	return abs
}

// TestForm checks what all pages have in common: a short README that links every page, and pages that begin by saying for whom they are.
func TestForm(t *testing.T) {
	all := pages(t)
	if n := strings.Count(all["../README.md"].text, "\n"); n >= 150 {
		t.Errorf("the README has %d lines", n)
	}
	for name, p := range all {
		if !strings.HasPrefix(p.text, "# ") {
			t.Errorf("%s does not begin with its title", name)
		}
		for _, b := range p.blocks {
			if !languages.MatchString(b.lang) {
				t.Errorf("%s:%d: a block in %q: give it a language that a test knows", name, b.line, b.lang)
			}
		}
		if strings.HasPrefix(name, "../") || name == "README.md" {
			continue
		}
		if _, rest, _ := strings.Cut(p.text, "\n\n"); !strings.HasPrefix(rest, "For ") {
			t.Errorf("%s does not begin by saying for whom it is", name)
		}
		for _, index := range []struct{ page, link string }{{"README.md", "(" + name}, {"../README.md", "(docs/" + name}} {
			if !strings.Contains(all[index.page].text, index.link) {
				t.Errorf("%s has no link to %s", index.page, name)
			}
		}
	}
}
