// Command bench measures the product against controls in the same run and prints a table; -json also writes it to a
// file. Rates vary with the machine and its disk, so the goal is for the ratio. It is never run as a test.
//
//	go run ./bench                          every figure, at full size
//	go run ./bench -short                   a quick version
//	go run ./bench -list                    lists the rows
//	go run ./bench -rows read,rebuild       some rows
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"accountledger/server"
)

// config holds the flags.
type config struct {
	dir      string
	keep     bool
	json     string
	profile  string
	heap     string
	rows     string
	list     bool
	short    bool
	rounds   int
	length   time.Duration
	load     time.Duration
	accounts int
	sizes    string
	opened   int
	served   int
}

func main() {
	var c config
	flag.StringVar(&c.dir, "dir", "", "folder on the disk to measure (default: the system's temporary folder)")
	flag.BoolVar(&c.keep, "keep", false, "keep the populations in -dir, and reuse existing ones")
	flag.StringVar(&c.json, "json", "", "file to write the table to as JSON")
	flag.StringVar(&c.profile, "cpuprofile", "", "file to write a CPU profile to")
	flag.StringVar(&c.heap, "memprofile", "", "file to write an allocation profile to")
	flag.StringVar(&c.rows, "rows", "", "comma-separated rows to measure (default: all)")
	flag.BoolVar(&c.list, "list", false, "list the rows and exit")
	flag.BoolVar(&c.short, "short", false, "a quick version: smaller populations, shorter rounds; other flags override it")
	flag.IntVar(&c.rounds, "rounds", 5, "rounds of each, alternating with the control; the median counts")
	flag.DurationVar(&c.length, "length", 2*time.Second, "length of a round")
	flag.DurationVar(&c.load, "load", 60*time.Second, "length of a load over HTTP")
	flag.IntVar(&c.accounts, "accounts", 100_000, "accounts whose events are read and rebuilt; about seventeen events each")
	flag.StringVar(&c.sizes, "sizes", "10000,100000,1000000", "comma-separated numbers of accounts at which the views are queried")
	flag.IntVar(&c.opened, "opened", 300_000, "people whose parts are opened with a cold cache")
	flag.IntVar(&c.served, "served", 1_000_000, "accounts in the ledger when the memory of serve is measured")
	flag.Parse()
	if c.short {
		c.shorten()
	}
	if err := run(context.Background(), c); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// shorten makes everything fit into a few minutes, except where flags say otherwise.
func (c *config) shorten() {
	given := map[string]bool{}
	flag.Visit(func(f *flag.Flag) { given[f.Name] = true })
	if !given["rounds"] {
		c.rounds = 3
	}
	if !given["length"] {
		c.length = time.Second
	}
	if !given["load"] {
		c.load = 8 * time.Second
	}
	if !given["accounts"] {
		c.accounts = 10_000
	}
	if !given["sizes"] {
		c.sizes = "1000,10000"
	}
	if !given["opened"] {
		c.opened = 10_000
	}
	if !given["served"] {
		c.served = 10_000
	}
}

func run(ctx context.Context, c config) (err error) {
	if flag.NArg() > 0 || c.rounds < 1 || c.length <= 0 || c.load <= 0 || c.accounts < 1 || c.opened < 1 || c.served < 1 {
		return errors.New("bench: takes only flags, with at least one round of some length; see -help")
	}
	if c.list {
		for _, f := range figures() {
			fmt.Printf("%-14s %s\n", f.name, f.about)
		}
		return nil
	}
	chosen, err := choose(c.rows)
	if err != nil {
		return err
	}
	if !c.keep {
		if c.dir, err = os.MkdirTemp(c.dir, "accountledger-bench"); err != nil {
			return fmt.Errorf("bench: %w", err)
		}
		defer func() { err = errors.Join(err, os.RemoveAll(c.dir)) }()
	} else if c.dir == "" {
		return errors.New("bench: -keep needs -dir")
	}
	server.TuneMemory() // the controls run in this process, too
	stop, err := profiling(c)
	if err != nil {
		return err
	}
	rows, err := measure(ctx, c, chosen)
	return errors.Join(err, stop(), report(c, rows))
}

func choose(names string) ([]figure, error) {
	if names == "" {
		return figures(), nil
	}
	var chosen []figure
	for _, name := range strings.Split(names, ",") {
		found := false
		for _, f := range figures() {
			if f.name == strings.TrimSpace(name) {
				chosen, found = append(chosen, f), true
			}
		}
		if !found {
			return nil, errors.New("bench: no such row; -list shows what there is")
		}
	}
	return chosen, nil
}

// measure returns the rows of every figure up to one that fails.
func measure(ctx context.Context, c config, chosen []figure) ([]Row, error) {
	var rows []Row
	for _, f := range chosen {
		note("%s: %s", f.name, f.about)
		began := time.Now()
		more, err := f.measure(ctx, c)
		rows = append(rows, more...)
		if err != nil {
			return rows, fmt.Errorf("bench: %s: %w", f.name, err)
		}
		note("%s took %.0f s", f.name, time.Since(began).Seconds())
	}
	return rows, nil
}

func profiling(c config) (stop func() error, err error) {
	if c.profile == "" && c.heap == "" {
		return func() error { return nil }, nil
	}
	var cpu *os.File
	if c.profile != "" {
		if cpu, err = os.Create(c.profile); err != nil {
			return nil, fmt.Errorf("bench: %w", err)
		}
		if err := pprof.StartCPUProfile(cpu); err != nil {
			return nil, errors.Join(fmt.Errorf("bench: %w", err), cpu.Close())
		}
	}
	return func() error {
		var errs []error
		if cpu != nil {
			pprof.StopCPUProfile()
			errs = append(errs, cpu.Close())
		}
		if c.heap != "" {
			file, err := os.Create(c.heap)
			if err != nil {
				return errors.Join(append(errs, err)...)
			}
			runtime.GC()
			errs = append(errs, pprof.Lookup("allocs").WriteTo(file, 0), file.Close())
		}
		return errors.Join(errs...)
	}, nil
}

func report(c config, rows []Row) error {
	if len(rows) == 0 {
		return nil
	}
	err := printTable(os.Stdout, rows)
	if c.json != "" {
		b, marshalling := json.Marshal(rows, jsontext.WithIndent("  "))
		if marshalling != nil {
			return errors.Join(err, fmt.Errorf("bench: %w", marshalling))
		}
		if making := os.MkdirAll(filepath.Dir(c.json), 0o750); making != nil {
			return errors.Join(err, fmt.Errorf("bench: %w", making))
		}
		if writing := os.WriteFile(c.json, append(b, '\n'), 0o600); writing != nil {
			return errors.Join(err, fmt.Errorf("bench: %w", writing))
		}
	}
	return err
}
