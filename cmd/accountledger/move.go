package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"accountledger/server"
)

func replayMove() *cobra.Command {
	var from, to string
	var abandon, asJSON bool
	c := &cobra.Command{
		Use:   "move --from FILE --to FILE",
		Short: "Carry log and vault to other engines or another machine",
		Long: `Carry the ledger of one configuration file, its log and its vault, to the engines and the data folder of another.
Events keep their ids, bytes, streams and order; the new log has an id of its own, so views are rebuilt when it is first served.
A source with an embedded log or an SQLite vault must be stopped first. Others may be served until the source is fenced.
Ctrl-C or a crash lose nothing: run it again, and it goes on where it was. At the end the source can be read and takes nothing more.
The environment's settings do not count here: both files say everything.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			source, err := server.LoadConfigFile(from)
			if err != nil {
				return fmt.Errorf("--from: %w", err)
			}
			target, err := server.LoadConfigFile(to)
			if err != nil {
				return fmt.Errorf("--to: %w", err)
			}
			source.Log.Level, target.Log.Level = "warn", "warn" // what goes well is shown by the bars
			if abandon {
				if err := server.AbandonMove(c.Context(), source, target, server.MoveOptions{LogTo: c.ErrOrStderr()}); err != nil {
					return err
				}
				return printAbandoned(c, from, target)
			}
			return interruptible(c, asJSON, goesOn+", or give --abandon", func(progress func(server.Progress)) (server.Moved, error) {
				return server.Move(c.Context(), source, target, server.MoveOptions{LogTo: c.ErrOrStderr(), Progress: progress})
			}, func(c *cobra.Command, done server.Moved) error { return printMoved(c, done, source, to) })
		},
	}
	c.Flags().StringVar(&from, "from", "", "config file of the ledger as it is")
	c.Flags().StringVar(&to, "to", "", "config file of the ledger as it is to be, with a data folder of its own")
	c.Flags().BoolVar(&abandon, "abandon", false, "give the move up and let the source take appends again; refused once the target has been served from")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	must(c.MarkFlagRequired("from"), c.MarkFlagRequired("to"))
	return c
}

func printMoved(c *cobra.Command, done server.Moved, source server.Config, to string) error {
	out := c.OutOrStdout()
	p := func(format string, a ...any) { _, _ = fmt.Fprintf(out, format+"\n", a...) }
	p("Moved %d events from log %s to log %s.", done.Events, done.From, done.To)
	p("Content hash of both: %s", done.Hash)
	p("Of the keys that the log names %d are there and %d recorded as destroyed; %d rows of the vault were carried.", done.Keys, done.KeysDestroyed, done.Rows)
	p("")
	p("Start the ledger there:")
	p("")
	p("  accountledger serve --config %s", to)
	p("")
	p("The old log takes nothing more. Until you have served from the new one, accountledger replay move … --abandon goes back.")
	if done.Rows > 0 {
		p("Then delete the old vault and log (data folder %s): an erasure in the new ledger does not reach the keys in them.", source.Data)
	}
	return nil
}

func printAbandoned(c *cobra.Command, from string, target server.Config) error {
	out := c.OutOrStdout()
	p := func(format string, a ...any) { _, _ = fmt.Fprintf(out, format+"\n", a...) }
	p("The move is given up, and the source takes appends again: accountledger serve --config %s", from)
	p("The target can be used for nothing any more. Delete its log and vault (data folder %s): they hold copies of keys that an erasure does not reach.", target.Data)
	return nil
}
