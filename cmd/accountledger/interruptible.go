package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"accountledger/server"
)

// goesOn says what to do about a command that ended early.
const goesOn = "run it again and it goes on where it was"

// interruptible runs a command that Ctrl-C or a crash does not undo: it shows how far it has come, tells what came of it
// as JSON or in words, and says of one that was interrupted what to do about it.
func interruptible[T any](c *cobra.Command, asJSON bool, advice string, do func(progress func(server.Progress)) (T, error), tell func(*cobra.Command, T) error) error {
	bar := newStages(c.ErrOrStderr())
	done, err := do(bar.show)
	bar.end(err)
	switch {
	case err != nil && c.Context().Err() != nil:
		return fmt.Errorf("interrupted; %s: %w", advice, err)
	case err != nil:
		return err
	case asJSON:
		return printJSON(c, done)
	}
	return tell(c, done)
}

// intoEmpty runs a command that makes a ledger where there is none: in the folder, and on the engines, of its configuration.
func intoEmpty[T any](c *cobra.Command, asJSON bool, do func(server.Config, server.MoveOptions) (T, error), tell func(*cobra.Command, T) error) error {
	cfg, err := load(c)
	if err != nil {
		return err
	}
	cfg.Log.Level = "warn" // what goes well is shown by the bars
	return interruptible(c, asJSON, goesOn, func(progress func(server.Progress)) (T, error) {
		return do(cfg, server.MoveOptions{LogTo: c.ErrOrStderr(), Progress: progress})
	}, tell)
}
