package main

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"
)

// Row is one line of the table: how our rate compares with the control's.
type Row struct {
	Name       string  `json:"name"`
	Unit       string  `json:"unit"`
	Ours       float64 `json:"ours"`
	Control    float64 `json:"control"`
	Ratio      float64 `json:"ratio"`
	Goal       float64 `json:"goal"`
	OursP99    string  `json:"ours_p99"`
	ControlP99 string  `json:"control_p99"`
}

func newRow(name, unit string, ours, control Rate, goal float64) Row {
	row := Row{
		Name: name, Unit: unit, Ours: ours.PerSecond, Control: control.PerSecond, Goal: goal,
		OursP99: ours.P99.Round(10 * time.Microsecond).String(), ControlP99: control.P99.Round(10 * time.Microsecond).String(),
	}
	if row.Control > 0 {
		row.Ratio = row.Ours / row.Control
	}
	return row
}

// printTable writes the rows for people.
func printTable(w io.Writer, rows []Row) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(t, "name\tours\tcontrol\tratio\tgoal\tunit\tp99 ours\tp99 control")
	for _, r := range rows {
		_, _ = fmt.Fprintf(t, "%s\t%.0f\t%.0f\t%.2f\t%.2f\t%s\t%s\t%s\n",
			r.Name, r.Ours, r.Control, r.Ratio, r.Goal, r.Unit, r.OursP99, r.ControlP99)
	}
	if err := t.Flush(); err != nil {
		return fmt.Errorf("bench: print: %w", err)
	}
	return nil
}
