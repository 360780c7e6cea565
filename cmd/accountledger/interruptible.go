package main

import (
	"github.com/spf13/cobra"

	"accountledger/operate"
	"accountledger/server"
)

// goesOn says what to do about a command that ended early.
const goesOn = "run it again and it continues where it stopped"

// interruptible runs a command that Ctrl-C or a crash does not undo: it shows progress, prints the result as JSON or in words,
// and says what to do when it was interrupted.
func interruptible[T any](c *cobra.Command, advice string, do func(progress func(operate.Progress)) (T, error), show func(*cobra.Command, T) error) error {
	bar := newStages(c)
	done, err := do(bar.show)
	bar.end(err)
	switch {
	case err != nil && c.Context().Err() != nil:
		return &interrupted{advice, err}
	case err != nil:
		return err
	case asJSON(c):
		return printJSON(c, done)
	}
	return show(c, done)
}

// intoEmpty runs a command that makes a ledger where there is none: in the folder, and on the engines, of its configuration.
func intoEmpty[T any](c *cobra.Command, do func(server.Config, server.SideOptions) (T, error), show func(*cobra.Command, T) error) error {
	cfg, err := load(c)
	if err != nil {
		return err
	}
	cfg.Log.Level = "warn" // the bars show what goes well
	return interruptible(c, goesOn, func(progress func(operate.Progress)) (T, error) {
		return do(cfg, server.SideOptions{LogTo: c.ErrOrStderr(), Progress: progress})
	}, show)
}
