package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"accountledger/server"
)

func replayImport() *cobra.Command {
	var withVault, asJSON bool
	c := &cobra.Command{
		Use:   "import IN",
		Short: "Make a ledger from a file that replay export wrote, in an empty folder",
		Long: `Make a ledger in an empty data folder from the file IN that replay export wrote. The file is checked whole before anything is written.
Without --vault the ledger is an archive: it can be read, takes nothing, and nobody can sign in.
With --vault it goes on where the exported one stood; give the master key that the exported vault was under.
Ctrl-C or a crash lose nothing: run it again, and it goes on where it was.`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return intoEmpty(c, asJSON, func(cfg server.Config, o server.MoveOptions) (server.Imported, error) {
				return server.Import(c.Context(), cfg, args[0], withVault, o)
			}, printImported)
		},
	}
	settings(c)
	c.Flags().BoolVar(&withVault, "vault", false, "import the vault too")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func printImported(c *cobra.Command, done server.Imported) error {
	out := c.OutOrStdout()
	p := func(format string, a ...any) { _, _ = fmt.Fprintf(out, format+"\n", a...) }
	p("Imported %d events of log %s as log %s.", done.Events, done.From, done.To)
	p("Content hash: %s", done.Hash)
	if done.Archive {
		p("It is an archive, without its vault: it can be read, takes nothing, and nobody can sign in.")
		return nil
	}
	p("Of the keys that the log names %d are there and %d recorded as destroyed; %d rows of the vault were imported.", done.Keys, done.KeysDestroyed, done.Rows)
	return nil
}
