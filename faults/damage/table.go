package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// outcomes are all outcomes, in the order of the table.
func outcomes() []outcome { return []outcome{refused, healed, harmless, loud, failed} }

// letter is an outcome in a cell.
func (o outcome) letter() string {
	return map[outcome]string{refused: "r", healed: "h", harmless: "-", loud: "l", failed: "F"}[o]
}

// tally counts outcomes.
type tally map[outcome]int

func (t tally) cell() string {
	out := ""
	for _, o := range outcomes() {
		if n := t[o]; n > 0 {
			out += fmt.Sprintf("%d%s ", n, o.letter())
		}
	}
	return strings.TrimSpace(out)
}

// printTable prints the outcome of each kind of damage of each kind of file.
func printTable(out io.Writer, all []result) {
	cells, rows, kinds := map[[2]string]tally{}, map[string]tally{}, []string{}
	for _, r := range all {
		at := [2]string{r.File, r.Kind}
		if cells[at] == nil {
			cells[at] = tally{}
		}
		if rows[r.File] == nil {
			rows[r.File] = tally{}
		}
		cells[at][r.Outcome]++
		rows[r.File][r.Outcome]++
		if !slices.Contains(kinds, r.Kind) {
			kinds = append(kinds, r.Kind)
		}
	}
	w := tabwriter.NewWriter(out, 0, 2, 2, ' ', 0)
	_, _ = fmt.Fprintf(w, "\nfile\t%s\n", strings.Join(kinds, "\t"))
	for _, file := range sorted(rows) {
		line := make([]string, len(kinds))
		for i, kind := range kinds {
			line[i] = cells[[2]string{file, kind}].cell()
		}
		_, _ = fmt.Fprintf(w, "%s\t%s\n", file, strings.Join(line, "\t"))
	}
	_ = w.Flush()
	_, _ = fmt.Fprintln(out, "\nr: refused by name, h: healed, -: harmless, l: loud, F: FAILED")
	w = tabwriter.NewWriter(out, 0, 2, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprintf(w, "\nfile\trefused\thealed\tharmless\tloud\tFAILED\t\n")
	sum := tally{}
	for _, file := range sorted(rows) {
		printCounts(w, file, rows[file])
		for o, n := range rows[file] {
			sum[o] += n
		}
	}
	printCounts(w, "all", sum)
	_ = w.Flush()
}

func printCounts(w io.Writer, name string, t tally) {
	_, _ = fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%d\t\n", name, t[refused], t[healed], t[harmless], t[loud], t[failed])
}

func sorted[V any](m map[string]V) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// printDetails lists each failure with the command that repeats it, and refusals that could be worded better.
func printDetails(out io.Writer, all []result, c config) {
	for _, r := range all {
		if r.Outcome == failed {
			_, _ = fmt.Fprintf(out, "\n%s\n", r.line())
			_, _ = fmt.Fprintf(out, "  again: go run ./faults/damage -seed %d -keep -v -only '%s'\n", c.seed, r.ID)
		}
	}
	byComplaint := map[string][]string{}
	for _, r := range all {
		for _, complaint := range r.Complaints {
			if r.Outcome == refused {
				byComplaint[complaint] = append(byComplaint[complaint], fmt.Sprintf("%s: %s", r.ID, r.Said))
			}
		}
	}
	for _, complaint := range sorted(byComplaint) {
		list := byComplaint[complaint]
		_, _ = fmt.Fprintf(out, "\n%d refusals: the message %s. The first:\n", len(list), complaint)
		for _, one := range list[:min(len(list), 5)] {
			_, _ = fmt.Fprintf(out, "  %s\n", one)
		}
	}
}

// line formats a result in a few lines.
func (r result) line() string {
	out := fmt.Sprintf("%-8s %s (%.1fs) %s", r.Outcome, r.ID, r.Seconds, r.Where)
	if r.Reason != "" {
		out += "\n  " + r.Reason
	}
	if r.Said != "" {
		out += "\n  said: " + r.Said
	}
	for _, f := range r.Findings[:min(len(r.Findings), 2)] {
		out += "\n  " + f.String()[:min(len(f.String()), 300)]
	}
	if r.Outcome == failed && r.Reason != verifyFault && r.Reason != badWords && r.Verify == "" && len(r.Findings) > 0 {
		out += "\n  verify: all whole"
	} else if r.Verify != "" {
		out += "\n  " + r.Verify
	}
	if r.Folder != "" {
		out += "\n  kept: " + r.Folder
	}
	return out
}

func failures(all []result) int {
	n := 0
	for _, r := range all {
		if r.Outcome == failed {
			n++
		}
	}
	return n
}

// totals sums up everything in one line.
func totals(all []result) string {
	t := tally{}
	for _, r := range all {
		t[r.Outcome]++
	}
	return fmt.Sprintf("%d cases: %d refused by name, %d healed, %d harmless, %d loud, %d FAILED", len(all), t[refused], t[healed],
		t[harmless], t[loud], t[failed])
}

func writeJSON(path string, seed uint64, all []result) error {
	b, err := json.Marshal(struct {
		Seed    uint64   `json:"seed"`
		Results []result `json:"results"`
	}{seed, all}, jsontext.WithIndent("  "))
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(b, '\n'), 0o600)
}
