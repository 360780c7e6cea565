package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"accountledger/operate"

	"github.com/spf13/cobra"
)

// errFaults ends a verify that found a fault.
var errFaults = &operate.Failure{Code: "ledger_damaged", Message: "the ledger is not whole", Exit: operate.ExitFailed}

func verify() *cobra.Command {
	c := &cobra.Command{
		Use:   "verify",
		Short: "Check log, keys, vault and checkpoints, and name the first fault of each",
		Long: `Check the ledger, whether a server runs or not: the log's checksums, versions, times and envelopes; that every key named by the log is present or
recorded as destroyed; that every row of the vault opens; that the checkpoints of views and other consumers fit the log. Exit code 1 on a fault.
On a stopped ledger it changes and records nothing, so a read-only mount will do. It shows nothing personal. To compare the views with the log,
use replay compare.`,
		Args: asInUsage,
		RunE: func(c *cobra.Command, _ []string) error {
			return reading(c, func(ctx context.Context, con operate.Console) error {
				bar := newStages(c)
				v, err := operate.Verify.Run(ctx, con, operate.None{}, bar.show)
				bar.end(err)
				if err != nil {
					return err
				}
				if asJSON(c) {
					err = printJSON(c, v)
				} else {
					err = printVerified(c, v)
				}
				if err == nil && !v.OK {
					err = errFaults
				}
				return err
			})
		},
	}
	settings(c, "data", "dev", "master_key", "master_key_older", "backup.list")
	return c
}

func printVerified(c *cobra.Command, v operate.Verified) error {
	out := c.OutOrStdout()
	p := func(format string, a ...any) { _, _ = fmt.Fprintf(out, format+"\n", a...) }
	p("log        %d events, content hash %s", v.Events, v.Hash)
	if v.Archive {
		p("vault      none: the ledger is an archive")
	} else {
		p("keys       %d named by the log are present, %d recorded as destroyed", v.Keys, v.KeysDestroyed)
		p("vault      %d rows", v.Rows)
	}
	p("consumers  %s", strings.Join(v.Consumers, ", "))
	if len(v.Remade) > 0 {
		p("views      %s: to be rebuilt while the ledger is served", strings.Join(v.Remade, ", "))
	}
	types := make([]string, 0, len(v.Newer))
	for name := range v.Newer {
		types = append(types, name)
	}
	slices.Sort(types)
	for _, name := range types {
		p("newer      %d of type %s, written by a newer program", v.Newer[name], name)
	}
	if v.PassedOver > 0 {
		p("skipped    %d that cannot be read and that an operator skipped", v.PassedOver)
	}
	for _, f := range v.Faults {
		p("FAULT      %s", operate.FaultLine(f))
	}
	if v.OK {
		p("All whole.")
	}
	return nil
}
