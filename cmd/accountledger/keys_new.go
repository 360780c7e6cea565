package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"accountledger/operate"
	"accountledger/server"
)

func keysNew() *cobra.Command {
	c := &cobra.Command{
		Use:   "new FILE",
		Short: "Make a master key in a new file, before a first start",
		Long: `Make a master key in the new file FILE, which only its owner can read. No ledger is needed, and no file is ever overwritten.
The folder must exist, outside the data folder, and belong to the user that runs the server: run by root, the file is given to the folder's owner.
Copy the file at once to a place that no backup of the data folder reaches. Without it nothing personal in the ledger can be read.
To replace the key of a ledger that exists, use keys rotate, which makes the new file itself.`,
		Args: asInUsage,
		RunE: func(c *cobra.Command, args []string) error {
			cfg, err := load(c)
			if err != nil {
				return err
			}
			made, err := server.KeysNew(&cfg, args[0])
			if err != nil {
				return err
			}
			if asJSON(c) {
				return printJSON(c, made)
			}
			return printNewKey(c, made)
		},
	}
	settings(c, "data", "master_key", "master_key_older")
	return c
}

func printNewKey(c *cobra.Command, made operate.NewKey) error {
	owner := ""
	if made.Owner != "" {
		owner = ", owned by " + made.Owner
	}
	next := "The configuration reads this file: the next serve uses it."
	if !made.Configured {
		next = fmt.Sprintf("To use it, start with: accountledger serve --master-key %s (or set master_key in the configuration).", made.File)
	}
	_, err := fmt.Fprintf(c.OutOrStdout(), `Made master key %s in %s%s.
Copy the file now to a place that no backup of the data folder reaches: without it nothing personal in the ledger can be read.
%s
`, made.Key, made.File, owner, next)
	return err
}
