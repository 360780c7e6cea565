package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Row is one line of the table: how our figure compares with the control's.
type Row struct {
	Name string  `json:"name"`
	Unit string  `json:"unit"`
	Ours float64 `json:"ours"`
	// Control and Ratio are missing if there is nothing to compare with.
	Control float64 `json:"control,omitzero"`
	Ratio   float64 `json:"ratio,omitzero"`
	// Goal is the smallest acceptable ratio, or the goal in words.
	Goal string `json:"goal,omitzero"`
	// Note is additional information.
	Note string `json:"note,omitzero"`
	// Curve is the figure over time, if that is the point, and Every the
	// seconds between two of its values.
	Curve []float64 `json:"curve,omitzero"`
	Every float64   `json:"every,omitzero"`
}

func compared(name, unit string, ours, control float64, goal, note string) Row {
	r := Row{Name: name, Unit: unit, Ours: ours, Control: control, Goal: goal, Note: note}
	if control > 0 {
		r.Ratio = ours / control
	}
	return r
}

// printTable writes the rows as a table in Markdown.
func printTable(w io.Writer, rows []Row) error {
	_, err := fmt.Fprint(w, "| name | ours | control | ratio | goal | unit | note |\n|---|---:|---:|---:|---|---|---|\n")
	for _, r := range rows {
		if err != nil {
			break
		}
		_, err = fmt.Fprintf(w, "| %s | %s | %s | %s | %s | %s | %s |\n",
			r.Name, number(r.Ours), number(r.Control), number(r.Ratio), r.Goal, r.Unit, r.Note)
	}
	if err != nil {
		return fmt.Errorf("engines: print: %w", err)
	}
	return nil
}

func number(f float64) string {
	switch {
	case f == 0:
		return "–"
	case f < 100:
		return fmt.Sprintf("%.2f", f)
	default:
		return fmt.Sprintf("%.0f", f)
	}
}

func writeJSON(name string, rows []Row) error {
	b, err := json.Marshal(rows, jsontext.WithIndent("  "))
	if err == nil {
		err = os.WriteFile(name, append(b, '\n'), 0o600)
	}
	if err != nil {
		return fmt.Errorf("engines: %w", err)
	}
	return nil
}

// median sorts its argument.
func median(all []float64) float64 {
	slices.Sort(all)
	return all[len(all)/2]
}

// percentile sorts its argument and returns milliseconds.
func percentile(all []time.Duration, p float64) float64 {
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	at := all[min(len(all)-1, int(p*float64(len(all))))]
	return float64(at.Microseconds()) / 1000
}
