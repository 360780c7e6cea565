package main

import (
	"context"
	"fmt"

	"accountledger/operate"

	"github.com/spf13/cobra"
)

// errDifferences ends a comparison that found differences.
var errDifferences = &operate.Failure{Code: "views_differ", Message: "the views differ from the log: replay rebuild rebuilds them", Exit: operate.ExitFailed}

func replayCompare() *cobra.Command {
	c := &cobra.Command{
		Use:   "compare [VIEW...]",
		Short: "Compare views with the log, all of them when none is named",
		Long: `Fold views from the log into a scratch folder in the data folder and compare every document with the live views.
It prints ids and names of fields, never their values, and ends with exit code 1 when anything differs.`,
		RunE: func(c *cobra.Command, views []string) error {
			return console(c, func(ctx context.Context, con operate.Console) error {
				bar := newStages(c)
				found, err := operate.Compare.Run(ctx, con, views, bar.show)
				if err != nil {
					return err
				}
				bar.done()
				if err := printComparison(c, found); err != nil {
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
	return c
}

func printComparison(c *cobra.Command, found operate.Comparison) error {
	if asJSON(c) {
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
