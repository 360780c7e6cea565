package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"accountledger/operate"
	"accountledger/replay/move"
	"accountledger/server"
)

func replayMove() *cobra.Command {
	var from, to string
	var abandon bool
	c := &cobra.Command{
		Use:   "move --from FILE --to FILE",
		Short: "Move log and vault to other engines or another machine",
		Long: `Move log and vault from the engines and data folder of one configuration file to those of another.
Events keep their ids, bytes, streams and order. The new log has a new id, so views are rebuilt when it is first served.
A source with an embedded log or an SQLite vault must be stopped first; others may be served until the source is fenced.
Neither Ctrl-C nor a crash loses anything: run it again and it continues where it stopped. In the end the source can be read but takes no changes.
Only the two files count here, not the settings in the environment.`,
		Args: asInUsage,
		RunE: func(c *cobra.Command, _ []string) error {
			source, err := server.LoadConfigFile(from)
			if err != nil {
				return fmt.Errorf("--from: %w", err)
			}
			target, err := server.LoadConfigFile(to)
			if err != nil {
				return fmt.Errorf("--to: %w", err)
			}
			source.Log.Level, target.Log.Level = "warn", "warn" // the bars show what goes well
			if asJSON(c) {
				source.Log.Format, target.Log.Format = "json", "json"
			}
			if abandon {
				if err := server.AbandonMove(c.Context(), source, target, server.SideOptions{LogTo: c.ErrOrStderr()}); err != nil {
					return err
				}
				return printAbandoned(c, from, target)
			}
			return interruptible(c, goesOn+", or give --abandon", func(progress func(operate.Progress)) (move.Moved, error) {
				return server.Move(c.Context(), source, target, server.SideOptions{LogTo: c.ErrOrStderr(), Progress: progress})
			}, func(c *cobra.Command, done move.Moved) error { return printMoved(c, done, source, to) })
		},
	}
	c.Flags().StringVar(&from, "from", "", "config file of the ledger to move")
	c.Flags().StringVar(&to, "to", "", "config file to move it to, with another data folder")
	c.Flags().BoolVar(&abandon, "abandon", false, "give up the move and let the source take appends again; refused once the target has been served")
	must(c.MarkFlagRequired("from"), c.MarkFlagRequired("to"))
	return c
}

func printMoved(c *cobra.Command, done move.Moved, source server.Config, to string) error {
	out := c.OutOrStdout()
	p := func(format string, a ...any) { _, _ = fmt.Fprintf(out, format+"\n", a...) }
	p("Moved %d events from log %s to log %s.", done.Events, done.From, done.To)
	p("Content hash of both: %s", done.Hash)
	p("Of the keys named by the log, %d are present and %d recorded as destroyed. %d rows of the vault were moved.", done.Keys, done.KeysDestroyed, done.Rows)
	p("")
	p("Start the ledger there:")
	p("")
	p("  %s", again(c, "serve --config "+shellWord(to)))
	p("")
	p("The old log takes no more changes. Until the new one has been served, replay move with --abandon goes back to it.")
	if done.Rows > 0 {
		p("Then delete the old vault and log (data folder %s): erasures in the new ledger do not reach the keys in them.", source.Data)
	}
	return nil
}

func printAbandoned(c *cobra.Command, from string, target server.Config) error {
	if asJSON(c) {
		return printJSON(c, map[string]any{"abandoned": true, "serve": from, "delete": target.Data})
	}
	out := c.OutOrStdout()
	p := func(format string, a ...any) { _, _ = fmt.Fprintf(out, format+"\n", a...) }
	p("The move is given up, and the source takes appends again: %s", again(c, "serve --config "+shellWord(from)))
	p("The target cannot be used any more. Delete its log and vault (data folder %s): they hold copies of keys that erasures do not reach.", target.Data)
	return nil
}
