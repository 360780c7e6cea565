package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"accountledger/operate"
	salvages "accountledger/replay/salvage"
	"accountledger/server"
)

func salvage() *cobra.Command {
	c := &cobra.Command{
		Use:   "salvage DATA OUT",
		Short: "Make a backup of what can still be read of a ledger whose log does not open",
		Long: `Make a backup, in the new folder OUT, of what can be read of the ledger in DATA: its vault, and its events up to the first one that cannot
be found. The ledger is left as it is; no server may be running on it. OUT/salvage.json says which files are damaged and how many events are missing.
Restore it like any other backup: accountledger restore OUT --data NEW. Everybody then has to sign in again, and what was destroyed stays destroyed.
Try the newest backup first: it may hold more.`,
		Args: asInUsage,
		RunE: func(c *cobra.Command, args []string) error {
			cfg, err := load(c)
			if err != nil {
				return err
			}
			cfg.Data = args[0]
			return interruptible(c, "run it again: it starts over", func(progress func(operate.Progress)) (salvages.Salvaged, error) {
				return server.Salvage(c.Context(), cfg, args[1], progress)
			}, printSalvaged)
		},
	}
	settings(c, "dev", "master_key", "master_key_older", "backup.list", "store.reserve", "vault.engine", "vault.postgres", "vault.schema")
	return c
}

func printSalvaged(c *cobra.Command, done salvages.Salvaged) error {
	out := c.OutOrStdout()
	p := func(format string, a ...any) { _, _ = fmt.Fprintf(out, format+"\n", a...) }
	p("Salvaged %d events and %d rows of the vault into %s.", done.Events, done.Backup.Rows, done.Backup.Folder)
	for _, d := range done.Damage {
		where := d.File
		if d.Offset >= 0 {
			where += fmt.Sprintf(" at offset %d", d.Offset)
		}
		p("Damaged: %s: %s", where, d.Reason)
	}
	switch {
	case done.Missing > 0:
		p("At least %d acknowledged events are missing. %d of them can be read, but behind a gap, and are left out.", done.Missing, done.Behind)
	case done.Acknowledged == 0:
		p("How many events there were is not known.")
	default:
		p("No acknowledged event is missing.")
	}
	if done.KeysLost > 0 {
		p("The vault is older than the log and lacks %d keys that events name: what they seal cannot be read any more.", done.KeysLost)
	}
	p("Restore it with: %s", again(c, "restore "+shellWord(done.Backup.Folder)+" --data NEW"))
	return nil
}
