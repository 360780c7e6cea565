// Command engines measures the engines that run as separate servers, each with
// its control in the same run: Elasticsearch against SQLite and a bare loop,
// and the EventStoreDB adapter against the vendor's client and against itself without an order. It prints a table and
// writes it as JSON. Rates vary with the machine, so the goal is for the ratio.
// It is never run as a test.
//
// It uses the Elasticsearch that ACCOUNTLEDGER_TEST_ELASTICSEARCH names, or
// fetches and starts one, with its data on disk.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"time"

	"accountledger/projections/elastic/elastictest"
)

// config holds the flags.
type config struct {
	docs, index, rounds, asked, rate int
	length, stalled                  time.Duration
	json, only, url, dir             string
}

func main() {
	var c config
	flag.IntVar(&c.docs, "docs", 1_000_000, "documents in the queried view")
	flag.IntVar(&c.index, "index", 200_000, "documents per round of indexing")
	flag.IntVar(&c.rounds, "rounds", 3, "rounds for each figure with a control, alternating; the median counts")
	flag.IntVar(&c.asked, "asked", 300, "how often each query is run")
	flag.IntVar(&c.rate, "rate", 1000, "commands per second while the lag is measured")
	flag.DurationVar(&c.length, "length", 10*time.Second, "length of a timed round")
	flag.DurationVar(&c.stalled, "stalled", 15*time.Second, "how long Elasticsearch stalls while memory is watched")
	flag.StringVar(&c.json, "json", "", "file to write the table to as JSON")
	flag.StringVar(&c.only, "only", "", "comma-separated figures to measure: index, query, lag, esdb, inorder, memory")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, c); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1) // nothing is left to be stopped
	}
}

// figures are all figures, in the order of the table.
func figures() []figure {
	return []figure{
		{"index", indexing, true}, {"query", queries, true}, {"lag", lags, true}, {"esdb", appends, false}, {"inorder", inOrder, false},
		{"memory", stalls, true},
	}
}

type figure struct {
	name    string
	measure func(context.Context, *stage, config) ([]Row, error)
	elastic bool
}

func run(ctx context.Context, c config) (err error) {
	if flag.NArg() > 0 || min(c.docs, c.index, c.rounds, c.asked, c.rate) < 1 || min(c.length, c.stalled) <= 0 {
		return errors.New("engines: takes only flags, all above zero; see -help")
	}
	if c.dir, err = os.MkdirTemp("", "accountledger-engines-"); err != nil {
		return fmt.Errorf("engines: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(c.dir)) }()
	chosen := slices.DeleteFunc(figures(), func(f figure) bool {
		return c.only != "" && !slices.Contains(strings.Split(c.only, ","), f.name)
	})
	if slices.ContainsFunc(chosen, func(f figure) bool { return f.elastic }) {
		end, err := c.start(ctx)
		if err != nil {
			return fmt.Errorf("engines: no Elasticsearch to measure: %w", err)
		}
		defer end()
	}
	var rows []Row
	for _, f := range chosen {
		fmt.Fprintf(os.Stderr, "measuring %s\n", f.name)
		more, err := onStage(ctx, c, f)
		if err != nil {
			return fmt.Errorf("engines: %s: %w", f.name, err)
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

// start finds a server or starts one.
func (c *config) start(ctx context.Context) (end func(), err error) {
	if c.url = os.Getenv(elastictest.Variable); c.url != "" {
		return func() {}, nil
	}
	s, err := elastictest.Start(ctx, elastictest.Options{Full: true})
	if err != nil {
		return nil, err
	}
	c.url = s.URL()
	return func() {
		if err := s.Close(); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}, nil
}
