package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"accountledger/server"
)

func restore() *cobra.Command {
	var in server.RestoreOptions
	var asJSON bool
	c := &cobra.Command{
		Use:   "restore IN",
		Short: "Make a ledger of a backup, in an empty data folder",
		Long: `Make a ledger of the backup in the folder IN, under a new log id, in an empty data folder (and, with other engines, an empty log and vault).
Backup and list of destructions are checked whole before anything is made. Give the master keys that the backup was made under.
Sessions, enrolment codes and verifications that were open have ended; nobody is sent what was asked for before. What was destroyed after the backup, by
the list of destructions, is destroyed again before anything can be served. Views are rebuilt when it is served.
Ctrl-C or a crash lose nothing: run it again, and it goes on where it was. Until it has come to its end the folder cannot be served.`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return intoEmpty(c, asJSON, func(cfg server.Config, o server.MoveOptions) (server.Restored, error) {
				return server.Restore(c.Context(), cfg, args[0], in, o)
			}, printRestored)
		},
	}
	settings(c)
	c.Flags().StringVar(&in.List, "list", "", "file of the list of destructions (default: that of --backup-list, if it is there)")
	c.Flags().BoolVar(&in.WithoutList, "without-list", false, "restore although the list that the backup knows of is lost; who was erased since comes back; recorded")
	c.Flags().BoolVar(&in.UnprovenList, "unproven-list", false, "apply a list although its head, beside the master key, is lost or does not fit; recorded")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func printRestored(c *cobra.Command, done server.Restored) error {
	out := c.OutOrStdout()
	p := func(format string, a ...any) { _, _ = fmt.Fprintf(out, format+"\n", a...) }
	p("Restored %d events of log %s as log %s, and %d rows of the vault.", done.Events, done.From, done.To, done.Rows)
	p("Content hash: %s", done.Hash)
	switch done.List {
	case "none":
		p("No list of destructions was kept: who was erased after the backup is back. Erase them again.")
	case "missing":
		p("Without the list of destructions: who was erased after the backup is back. Erase them again. This is recorded.")
	case "unproven":
		p("The list of destructions was applied (%d names); whether something is missing from its end is not known. This is recorded.", done.Destructions)
	default:
		p("The list of destructions was applied whole (%d names).", done.Destructions)
	}
	p("%d accounts were erased again, %d sign-ups under way have ended. Everybody has to sign in again, and officers who had not enrolled need a new code.", done.Erased, done.SignUps)
	return nil
}
