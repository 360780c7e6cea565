// Command bench measures the product against controls in the same run and prints
// a table; -json writes it to a file as well. Rates vary with the machine and its
// disk, so it is the ratio that has a goal. It is never run as a test.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime/pprof"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// config is what the flags say.
type config struct {
	dir     string
	json    string
	profile string
	rounds  int
	length  time.Duration
}

func main() {
	var c config
	flag.StringVar(&c.dir, "dir", "", "folder on the disk to measure (default: the system's temporary folder)")
	flag.StringVar(&c.json, "json", "", "file to write the table to as JSON")
	flag.StringVar(&c.profile, "cpuprofile", "", "file to write a CPU profile to")
	flag.IntVar(&c.rounds, "rounds", 5, "rounds of each, taken in turns; the median counts")
	flag.DurationVar(&c.length, "length", 2*time.Second, "length of a round")
	flag.Parse()
	if err := run(c); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(c config) (err error) {
	if flag.NArg() > 0 || c.rounds < 1 || c.length <= 0 {
		return errors.New("bench: takes flags only, with at least one round of some length; see -help")
	}
	if c.dir, err = os.MkdirTemp(c.dir, "accountledger-bench"); err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(c.dir)) }()
	if c.profile != "" {
		file, err := os.Create(c.profile)
		if err != nil {
			return fmt.Errorf("bench: %w", err)
		}
		defer func() { _ = file.Close() }()
		if err := pprof.StartCPUProfile(file); err != nil {
			return fmt.Errorf("bench: %w", err)
		}
		defer pprof.StopCPUProfile()
	}
	var rows []Row
	for _, measure := range []func(config) ([]Row, error){appendRows, permissionRows} {
		more, err := measure(c)
		if err != nil {
			return err
		}
		rows = append(rows, more...)
	}
	if c.json != "" {
		if err := writeJSON(c.json, rows); err != nil {
			return err
		}
	}
	return printTable(os.Stdout, rows)
}

// appendRows measures durable appends by few and by many writers.
func appendRows(c config) ([]Row, error) {
	var rows []Row
	for _, m := range []struct {
		writers int
		goal    float64
	}{{64, 0.55}, {1024, 0.25}} {
		ours, control, err := inTurns(c, m.writers)
		if err != nil {
			return nil, err
		}
		name := fmt.Sprintf("append, %d writers, 400-byte events", m.writers)
		rows = append(rows, newRow(name, "events/s", ours, control, m.goal))
	}
	return rows, nil
}

// inTurns runs ours and the control one after the other, so that what else the
// machine does falls on both.
func inTurns(c config, writers int) (ours, control Rate, err error) {
	var o, k []Rate
	for range c.rounds {
		r, err := AppendControl(c.dir, writers, c.length)
		if err != nil {
			return ours, control, err
		}
		k = append(k, r)
		if r, err = AppendOurs(c.dir, writers, c.length); err != nil {
			return ours, control, err
		}
		o = append(o, r)
	}
	return median(o), median(k), nil
}

func writeJSON(name string, rows []Row) error {
	b, err := json.Marshal(rows, jsontext.WithIndent("  "))
	if err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	if err := os.WriteFile(name, append(b, '\n'), 0o600); err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	return nil
}
