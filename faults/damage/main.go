package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// config holds the flags.
type config struct {
	dir      string
	only     string
	json     string
	seed     uint64
	parallel int
	timeout  time.Duration
	quick    bool
	list     bool
	keep     bool
	verbose  bool
	strict   bool
}

// errFailures is the error of a run with failures.
var errFailures = errors.New("the ledger failed some of the cases")

func main() {
	var c config
	flag.StringVar(&c.dir, "dir", "", "folder to work in (default: a temporary one)")
	flag.StringVar(&c.only, "only", "", "comma-separated cases to run: names or path.Match patterns")
	flag.StringVar(&c.json, "json", "", "file to write the results to as JSON")
	flag.Uint64Var(&c.seed, "seed", 1, "seed that places the damage")
	flag.IntVar(&c.parallel, "n", 2, "number of concurrent cases")
	flag.DurationVar(&c.timeout, "timeout", time.Minute, "time limit for one case")
	flag.BoolVar(&c.quick, "quick", false, "run the selection that the test runs")
	flag.BoolVar(&c.list, "list", false, "list the cases and exit")
	flag.BoolVar(&c.keep, "keep", false, "keep the folders of failed cases")
	flag.BoolVar(&c.verbose, "v", false, "print each case as it ends")
	flag.BoolVar(&c.strict, "strict", false, "also fail refusals that blame another file or do not say what to do next")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, c, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "damage:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, c config, out io.Writer) (err error) {
	if flag.NArg() > 0 || c.parallel < 1 || c.timeout <= 0 {
		return errors.New("wrong arguments: see -help")
	}
	dir, err := os.MkdirTemp(c.dir, "damage-")
	if err != nil {
		return err
	}
	defer func() {
		if !c.keep {
			err = errors.Join(err, os.RemoveAll(dir))
		}
	}()
	began := time.Now()
	h, err := newHarness(ctx, dir, c)
	if err != nil {
		return err
	}
	cases, err := h.chosen(c)
	if err != nil {
		return err
	}
	if c.list {
		for _, one := range cases {
			_, _ = fmt.Fprintln(out, one.ID)
		}
		return nil
	}
	_, _ = fmt.Fprintf(out, "Grew the ledger in %s; %d cases.\n", time.Since(began).Round(time.Millisecond), len(cases))
	all, err := h.all(ctx, cases, c, out)
	if err != nil {
		return err
	}
	printTable(out, all)
	printDetails(out, all, c)
	_, _ = fmt.Fprintf(out, "\n%s in %s.\n", totals(all), time.Since(began).Round(time.Second))
	if c.json != "" {
		if err := writeJSON(c.json, c.seed, all); err != nil {
			return err
		}
	}
	if failures(all) > 0 {
		return errFailures
	}
	return nil
}
