// Package docs_test checks the pages: it runs their commands, loads their configurations, and follows their links.
package docs_test

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the tables that are made from the program")

func fatal(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// page is one Markdown file.
type page struct {
	name   string // relative to this folder
	text   string
	blocks []block
}

// block is one fenced block.
type block struct {
	lang, text string
	line       int    // of its first line in the page
	title      string // file that the paragraph before it names, such as old.yaml
	heading    string // of its section
	answer     string // the json block right after it
}

var (
	fence = regexp.MustCompile("(?ms)^```(\\S*)\n(.*?)^```$")
	title = regexp.MustCompile("(?m)^`([a-z.-]+)`:\\s*\\z")
	heads = regexp.MustCompile(`(?m)^#+ (.*)$`)
)

// pages are the papers in this folder and beside it, by name.
func pages(t *testing.T) map[string]*page {
	t.Helper()
	var names []string
	for _, pattern := range []string{"*.md", "../*.md"} {
		found, err := filepath.Glob(pattern)
		fatal(t, err)
		names = append(names, found...)
	}
	if len(names) < 15 {
		t.Fatalf("there are %d pages only", len(names))
	}
	out := map[string]*page{}
	for _, name := range names {
		out[name] = read(t, name)
	}
	return out
}

func read(t *testing.T, name string) *page {
	t.Helper()
	text, err := os.ReadFile(name)
	fatal(t, err)
	p := &page{name: name, text: string(text)}
	end := 0
	for _, at := range fence.FindAllStringSubmatchIndex(p.text, -1) {
		before, between := p.text[:at[0]], p.text[end:at[0]]
		end = at[1]
		b := block{lang: p.text[at[2]:at[3]], text: p.text[at[4]:at[5]], line: strings.Count(p.text[:at[4]], "\n") + 1}
		if m := title.FindStringSubmatch(before); m != nil {
			b.title = m[1]
		}
		if all := heads.FindAllStringSubmatch(prose(before), -1); len(all) > 0 {
			b.heading = all[len(all)-1][1]
		}
		if n := len(p.blocks); b.lang == "json" && n > 0 && p.blocks[n-1].lang == "sh" && strings.TrimSpace(between) == "" {
			p.blocks[n-1].answer = b.text
		}
		p.blocks = append(p.blocks, b)
	}
	return p
}

// prose is a text without its fenced blocks.
func prose(text string) string { return fence.ReplaceAllString(text, "") }

// all are the blocks of a language.
func (p *page) all(lang string) (out []block) {
	for _, b := range p.blocks {
		if b.lang == lang {
			out = append(out, b)
		}
	}
	return out
}
