package main

import (
	"fmt"

	"github.com/spf13/cobra"

	restores "accountledger/replay/restore"
	"accountledger/server"
)

func restore() *cobra.Command {
	var in restores.Options
	c := &cobra.Command{
		Use:   "restore IN",
		Short: "Make a ledger from a backup, in an empty data folder",
		Long: `Make a ledger from the backup in the folder IN, with a new log id, in an empty data folder (and, with other engines, an empty log and vault).
The whole backup and the list of destructions are checked before anything is made. Give the master keys that the backup was made under.
Open sessions, enrolment codes and verifications end, and messages asked for before are not sent. What the list of destructions says was
destroyed after the backup is destroyed again before anything can be served. Views are rebuilt when it is served.
Neither Ctrl-C nor a crash loses anything: run it again and it continues where it stopped. Until it is finished the folder cannot be served.`,
		Args: asInUsage,
		RunE: func(c *cobra.Command, args []string) error {
			return intoEmpty(c, func(cfg server.Config, o server.SideOptions) (restores.Restored, error) {
				return server.Restore(c.Context(), cfg, args[0], in, o)
			}, printRestored)
		},
	}
	settings(c)
	c.Flags().StringVar(&in.List, "list", "", "file of the list of destructions (default: that of --backup-list, if it exists)")
	c.Flags().BoolVar(&in.WithoutList, "without-list", false,
		"restore although the list of destructions is lost; people erased since the backup come back; recorded")
	c.Flags().BoolVar(&in.UnprovenList, "unproven-list", false, "apply a list although its head, beside the master key, is lost or does not match; recorded")
	return c
}

func printRestored(c *cobra.Command, done restores.Restored) error {
	out := c.OutOrStdout()
	p := func(format string, a ...any) { _, _ = fmt.Fprintf(out, format+"\n", a...) }
	p("Restored %d events of log %s as log %s, and %d rows of the vault.", done.Events, done.From, done.To, done.Rows)
	p("Content hash: %s", done.Hash)
	switch done.List {
	case "none":
		p("No list of destructions was kept: people erased after the backup are back. Erase them again.")
	case "missing":
		p("The list of destructions was missing: people erased after the backup are back. Erase them again. This is recorded.")
	case "unproven":
		p("The list of destructions was applied (%d keys, secrets and identifiers); whether its end is missing is not known. This is recorded.", done.Destructions)
	default:
		p("The list of destructions was applied whole (%d keys, secrets and identifiers).", done.Destructions)
	}
	p("%d accounts were erased again and %d open verifications ended. Everybody has to sign in again, and officers who had not enrolled need a new code.",
		done.Erased, done.Verifications)
	return nil
}
