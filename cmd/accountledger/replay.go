package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"accountledger/server"
)

func replay() *cobra.Command {
	c := &cobra.Command{Use: "replay", Short: "Read the log again"}
	c.AddCommand(replayRebuild(), replayCompare(), replayMove(), replayExport(), replayImport(), replaySkip(), replayShow())
	return c
}

func replayRebuild() *cobra.Command {
	c := &cobra.Command{
		Use:   "rebuild [VIEW...]",
		Short: "Build views again from the log; all of them when none is named",
		RunE: func(c *cobra.Command, views []string) error {
			return console(c, func(ctx context.Context, con server.Console) error {
				bar := newStages(c.ErrOrStderr())
				if err := con.Rebuild(ctx, views, bar.show); err != nil {
					return err
				}
				bar.done()
				_, err := fmt.Fprintln(c.OutOrStdout(), "Rebuilt.")
				return err
			})
		},
	}
	settings(c, "data", "dev", "master_key")
	return c
}
