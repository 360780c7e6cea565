package docs_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"accountledger/projections"
	"accountledger/projections/view"
	"accountledger/server"
)

// TestTables compares the tables that are made from the program with the program. With -update it writes them.
func TestTables(t *testing.T) {
	for _, c := range []struct {
		page, name string
		table      func(*testing.T) string
	}{
		{"configuration.md", "settings", settingsTable},
		{"command-line.md", "commands", commandsTable},
		{"compliance.md", "views", viewsTable},
		{"analysts.md", "daily", dailyTable},
		{"problems.md", "problems", problemsTable},
	} {
		t.Run(c.name, func(t *testing.T) {
			text, err := os.ReadFile(c.page)
			fatal(t, err)
			begin, end := "<!-- begin "+c.name+" -->\n", "<!-- end "+c.name+" -->"
			before, rest, ok := strings.Cut(string(text), begin)
			have, after, ok2 := strings.Cut(rest, end)
			if !ok || !ok2 {
				t.Fatalf("%s has no place for the table", c.page)
			}
			want := "\n" + c.table(t) + "\n"
			switch {
			case have == want:
			case *update:
				fatal(t, os.WriteFile(c.page, []byte(before+begin+want+end+after), 0o644))
			default:
				t.Errorf("the table in %s is not what the program says: run go test ./docs -run Tables -update\nwanted:%s", c.page, want)
			}
		})
	}
}

// TestPackages: the table of packages in design.md has a row for every folder with sources, and for no other.
func TestPackages(t *testing.T) {
	folders := map[string]bool{}
	for _, m := range folderRow.FindAllStringSubmatch(read(t, "design.md").text, -1) {
		folder, _, _ := strings.Cut(m[1], "/")
		folders[folder] = true
		if _, err := os.Stat("../" + m[1]); err != nil {
			t.Errorf("design.md has a row for %s, which is not there", m[1])
		}
	}
	found, err := filepath.Glob("../*/")
	fatal(t, err)
	for _, path := range found {
		if folder := filepath.Base(path); folder != "bin" && folder != "data" && !folders[folder] {
			t.Errorf("design.md has no row for the folder %s", folder)
		}
	}
}

var folderRow = regexp.MustCompile("(?m)^\\| `([a-z/]+)/` \\|")

// table is a Markdown table.
type table struct{ strings.Builder }

func newTable(columns ...string) *table {
	t := &table{}
	t.row(columns...)
	t.WriteString(strings.Repeat("|---", len(columns)) + "|\n")
	return t
}

func (t *table) row(cells ...string) {
	for _, c := range cells {
		t.WriteString("| " + strings.ReplaceAll(c, "|", `\|`) + " ")
	}
	t.WriteString("|\n")
}

func code(s string) string { return "`" + s + "`" }

func settingsTable(*testing.T) string {
	out := newTable("setting", "environment variable", "default", "what it is")
	for _, s := range server.Settings() {
		given := fmt.Sprint(s.Default)
		if d, ok := s.Default.(time.Duration); ok {
			given = strings.TrimSuffix(strings.TrimSuffix(d.String(), "0s"), "0m")
			if given == "" || d < time.Minute {
				given = d.String()
			}
		}
		if given == "" {
			given = " "
		} else {
			given = code(given)
		}
		out.row(code(s.Key), code(s.Env()), given, s.Help)
	}
	return out.String()
}

// commandsTable has a row for every command that does something.
func commandsTable(t *testing.T) string {
	out := newTable("command", "what it does")
	var walk func(path []string, does string)
	walk = func(path []string, does string) {
		text, err := help(t, path...)
		fatal(t, err)
		_, usage, _ := strings.Cut(text, "Usage:\n  ")
		usage, _, _ = strings.Cut(usage, "\n")
		if !isGroup(text) {
			out.row(code(strings.TrimSuffix(usage, " [flags]")), does)
		}
		_, list, _ := strings.Cut(text, "Available Commands:\n")
		list, _, _ = strings.Cut(list, "\n\n")
		for _, line := range strings.Split(list, "\n") {
			name, does, ok := strings.Cut(strings.TrimSpace(line), " ")
			if ok && name != "completion" && (name != "help" || len(path) > 0) {
				walk(append(append([]string{}, path...), name), strings.TrimSpace(does))
			}
		}
	}
	walk(nil, "")
	return out.String()
}

func viewsTable(*testing.T) string {
	out := newTable("view", "fields")
	names := map[view.Naming]string{view.NamesPerson: " (person)", view.NamesThing: " (thing)"}
	for _, d := range projections.All() {
		var fields []string
		if d.ID.Names() {
			fields = append(fields, code("id")+names[d.ID])
		}
		for _, f := range d.Fields {
			fields = append(fields, code(f.Name)+" "+f.Kind.String()+names[f.Naming])
		}
		out.row(code(d.Name), strings.Join(fields, ", "))
	}
	return out.String()
}

func dailyTable(t *testing.T) string {
	t.Helper()
	out := newTable("field", "kind")
	for _, d := range projections.All() {
		if d.Name == "daily" {
			for _, f := range d.Fields {
				out.row(code(f.Name), f.Kind.String())
			}
		}
	}
	return out.String()
}
