package main

import (
	"fmt"

	"github.com/spf13/cobra"

	restores "accountledger/replay/restore"
	"accountledger/server"
)

func replayImport() *cobra.Command {
	var withVault bool
	c := &cobra.Command{
		Use:   "import IN",
		Short: "Make a ledger in an empty folder from a file written by replay export",
		Long: `Make a ledger in an empty data folder from the file IN, written by replay export. The whole file is checked before anything is written.
Without --vault the ledger is an archive: it can be read, takes no changes, and nobody can sign in.
With --vault it continues where the exported ledger stopped; give the master key that the exported vault is wrapped under.
Neither Ctrl-C nor a crash loses anything: run it again and it continues where it stopped.`,
		Args: asInUsage,
		RunE: func(c *cobra.Command, args []string) error {
			return intoEmpty(c, func(cfg server.Config, o server.SideOptions) (restores.Imported, error) {
				return server.Import(c.Context(), cfg, args[0], withVault, o)
			}, printImported)
		},
	}
	settings(c)
	c.Flags().BoolVar(&withVault, "vault", false, "import the vault too")
	return c
}

func printImported(c *cobra.Command, done restores.Imported) error {
	out := c.OutOrStdout()
	p := func(format string, a ...any) { _, _ = fmt.Fprintf(out, format+"\n", a...) }
	p("Imported %d events of log %s as log %s.", done.Events, done.From, done.To)
	p("Content hash: %s", done.Hash)
	if done.Archive {
		p("It is an archive, without its vault: it can be read, takes no changes, and nobody can sign in.")
		return nil
	}
	p("Of the keys named by the log, %d are present and %d recorded as destroyed. %d rows of the vault were imported.", done.Keys, done.KeysDestroyed, done.Rows)
	return nil
}
