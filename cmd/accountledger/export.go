package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"accountledger/server"
)

func replayExport() *cobra.Command {
	var withVault, asJSON bool
	c := &cobra.Command{
		Use:   "export OUT",
		Short: "Write the log into a file of CloudEvents, one a line",
		Long: `Write the log into the file OUT, one CloudEvent (version 1.0, JSON) a line, whether a server runs or not. What is stored of an event stands in it byte for
byte; what is sealed stays sealed. A name that ends in .gz or .zst has the file compressed.
The export is recorded in the log first; on a read-only mount, or of a log that takes no appends, it goes without and says so.
Ctrl-C or a crash lose nothing: run it again, and it goes on where it was. The file has its name once it is whole.
With --vault the vault is written too, wrapped as it is: with it and the master key, which is never exported, the ledger can be imported and served.`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return exporting(c, func(ctx context.Context, con server.Exporter) error {
				return interruptible(c, asJSON, goesOn, func(progress func(server.Progress)) (server.Exported, error) {
					return server.ExportFile(ctx, con, args[0], withVault, progress)
				}, printExported)
			})
		},
	}
	settings(c, "data", "dev", "master_key", "master_key_older")
	c.Flags().BoolVar(&withVault, "vault", false, "export the vault too, wrapped as it is")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func printExported(c *cobra.Command, done server.Exported) error {
	_, err := fmt.Fprintf(c.OutOrStdout(), "Exported %d events to %s.\nContent hash: %s\n", done.Events, done.File, done.Hash)
	return err
}
