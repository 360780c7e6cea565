package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"accountledger/server"
)

// errFaults is what verify ends with when something is not whole.
var errFaults = errors.New("the ledger is not whole")

func verify() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "verify",
		Short: "Walk log, keys, vault and checkpoints, and name the first fault of each",
		Long: `Walk the ledger, whether a server runs or not: the log's checksums, versions, times and envelopes; whether every key that the log names is there or
recorded as destroyed; whether every row of the vault opens; whether what views and other consumers stand at fits the log. Exit 1 on a fault.
Of a stopped ledger nothing is changed and nothing recorded, so it may lie on a read-only mount. It shows nothing personal. Whether the views hold what the log says, replay compare tells.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return reading(c, func(ctx context.Context, con server.Reading) error {
				bar := newStages(c.ErrOrStderr())
				v, err := con.Verify(ctx, bar.show)
				bar.end(err)
				if err != nil {
					return err
				}
				if asJSON {
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
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func printVerified(c *cobra.Command, v server.Verified) error {
	out := c.OutOrStdout()
	p := func(format string, a ...any) { _, _ = fmt.Fprintf(out, format+"\n", a...) }
	p("log        %d events, content hash %s", v.Events, v.Hash)
	if v.Archive {
		p("vault      none: the ledger is an archive")
	} else {
		p("keys       %d named by the log are there, %d recorded as destroyed", v.Keys, v.KeysDestroyed)
		p("vault      %d rows", v.Rows)
	}
	p("consumers  %s", strings.Join(v.Consumers, ", "))
	if len(v.Remade) > 0 {
		p("remade     %s: rebuilt while the ledger is served", strings.Join(v.Remade, ", "))
	}
	types := make([]string, 0, len(v.Newer))
	for name := range v.Newer {
		types = append(types, name)
	}
	slices.Sort(types)
	for _, name := range types {
		p("newer      %d of type %s, which a newer program wrote", v.Newer[name], name)
	}
	if v.PassedOver > 0 {
		p("skipped    %d that cannot be read and that an operator let everything go on past", v.PassedOver)
	}
	for _, f := range v.Faults {
		p("FAULT      %s", server.TellFault(f))
	}
	if v.OK {
		p("All whole.")
	}
	return nil
}
