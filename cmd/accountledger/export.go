package main

import (
	"context"
	"fmt"

	"accountledger/operate"
	"accountledger/replay/transfer"

	"github.com/spf13/cobra"
)

func replayExport() *cobra.Command {
	var withVault bool
	c := &cobra.Command{
		Use:   "export OUT",
		Short: "Write the log into a file of CloudEvents, one per line",
		Long: `Write the log into the file OUT, one CloudEvent (version 1.0, JSON) per line, whether a server runs or not. Each line holds the event as it
is stored, byte for byte; what is sealed stays sealed. A name that ends in .gz or .zst has the file compressed.
The export is recorded in the log first. On a read-only mount, or where the log takes no appends, it is not, and the command says so.
Neither Ctrl-C nor a crash loses anything: run it again and it continues where it stopped. The file gets its name once it is complete.
With --vault the vault is written too, still wrapped: with it and the master key, which is never exported, the ledger can be imported and served.`,
		Args: asInUsage,
		RunE: func(c *cobra.Command, args []string) error {
			if err := outside(c, args[0]); err != nil {
				return err
			}
			return exporting(c, func(ctx context.Context, from operate.Console, unrecorded string) error {
				return interruptible(c, goesOn, func(progress func(operate.Progress)) (exported, error) {
					done, err := operate.ExportFile(ctx, from, args[0], withVault, progress)
					return exported{done, unrecorded}, err
				}, printExported)
			})
		},
	}
	settings(c, "data", "dev", "master_key", "master_key_older")
	c.Flags().BoolVar(&withVault, "vault", false, "export the vault too, still wrapped")
	return c
}

// exported is what an export prints as JSON.
type exported struct {
	transfer.Exported
	// Unrecorded says why the export is not recorded in the log; none when it is.
	Unrecorded string `json:"unrecorded,omitzero"`
}

func printExported(c *cobra.Command, done exported) error {
	_, err := fmt.Fprintf(c.OutOrStdout(), "Exported %d events to %s.\nContent hash: %s\n", done.Events, done.File, done.Hash)
	return err
}
