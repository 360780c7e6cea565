package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"accountledger/server"
)

// errDifferences ends a comparison that found some with exit code 1.
var errDifferences = errors.New("the views differ from the log: replay rebuild rebuilds them")

func replayCompare() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "compare [VIEW...]",
		Short: "Fold views from the log and tell what the live ones have otherwise; all of them when none is named",
		Long:  "Folds views from the log into a scratch place in the data folder and compares every document with the live views. It tells ids and names of fields, never what they hold, and ends with exit code 1 when anything differs.",
		RunE: func(c *cobra.Command, views []string) error {
			return console(c, func(ctx context.Context, con server.Console) error {
				bar := newStages(c.ErrOrStderr())
				found, err := con.Compare(ctx, views, bar.show)
				if err != nil {
					return err
				}
				bar.done()
				if err := tellComparison(c, found, asJSON); err != nil {
					return err
				}
				if found.Found > 0 {
					return errDifferences
				}
				return nil
			})
		},
	}
	settings(c, "data", "dev", "master_key")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func tellComparison(c *cobra.Command, found server.Comparison, asJSON bool) error {
	if asJSON {
		return printJSON(c, found)
	}
	out := c.OutOrStdout()
	for _, d := range found.Differences {
		if _, err := fmt.Fprintf(out, "%s %s: %s %v\n", d.View, d.ID, d.Kind, d.Fields); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(out, "%d documents compared, %d differ.\n", found.Documents, found.Found)
	return err
}
