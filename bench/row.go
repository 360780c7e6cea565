package main

import (
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"
	"time"
)

// Row is one line of the table: how our figure compares with the control's, or with a bound.
type Row struct {
	Name string  `json:"name"`
	Unit string  `json:"unit"`
	Ours float64 `json:"ours"`
	// Control and Ratio are missing if a figure has no control.
	Control float64 `json:"control,omitzero"`
	Ratio   float64 `json:"ratio,omitzero"`
	// Goal is the smallest acceptable ratio or, without a control, the bound in words.
	Goal       string `json:"goal,omitzero"`
	OursP99    string `json:"ours_p99,omitzero"`
	ControlP99 string `json:"control_p99,omitzero"`
	// Note is additional information.
	Note string `json:"note,omitzero"`
}

// compared is a row with a control, as rates.
func compared(name, unit string, ours, control Rate, goal float64) Row {
	row := Row{Name: name, Unit: unit, Ours: ours.PerSecond, Control: control.PerSecond, Goal: strconv.FormatFloat(goal, 'g', 2, 64),
		OursP99: latency(ours.P99), ControlP99: latency(control.P99)}
	if row.Control > 0 {
		row.Ratio = row.Ours / row.Control
	}
	return row
}

// single is a row without a control.
func single(name, unit string, ours float64, goal string) Row {
	return Row{Name: name, Unit: unit, Ours: ours, Goal: goal}
}

func latency(d time.Duration) string {
	switch {
	case d == 0:
		return ""
	case d < time.Millisecond:
		return d.Round(time.Microsecond).String()
	default:
		return d.Round(10 * time.Microsecond).String()
	}
}

// printTable writes the rows in readable form.
func printTable(w io.Writer, rows []Row) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(t, "name\tours\tcontrol\tratio\tgoal\tunit\tp99 ours\tp99 control\tnote")
	for _, r := range rows {
		_, _ = fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", r.Name, number(r.Ours, 0), number(r.Control, 0), number(r.Ratio, 2),
			r.Goal, r.Unit, r.OursP99, r.ControlP99, r.Note)
	}
	if err := t.Flush(); err != nil {
		return fmt.Errorf("bench: print: %w", err)
	}
	return nil
}

// number leaves out a missing figure, and keeps the digits of a small one.
func number(f float64, digits int) string {
	switch {
	case f == 0:
		return "-"
	case digits == 0 && f < 100:
		return strconv.FormatFloat(f, 'g', 3, 64)
	default:
		return strconv.FormatFloat(f, 'f', digits, 64)
	}
}
