package main

import (
	"context"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"accountledger/server"
)

func replaySkip() *cobra.Command {
	var in server.EventSkip
	var asJSON bool
	c := &cobra.Command{
		Use:   "skip [VIEW EVENT --reason TEXT]",
		Short: "Let a view go on past an event that it cannot digest; without arguments, list what was skipped and why",
		Long: `Record that a view is to go on past an event at which it has stopped, or with which it cannot be built; status names both. What
of the event can be folded is folded; documents that it cannot be folded into stay as they were. The view goes on within seconds in every
process, and rebuilds go on past the event, too. A program that was mended folds it at the next rebuild: nothing is lost by a skip.
An event that the view can digest is refused. To find that out the log may have to be read up to the event.`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 0 && len(args) != 2 {
				return fmt.Errorf("give a view and an event, or nothing to list what was skipped")
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			return console(c, func(ctx context.Context, con server.Console) error {
				if len(args) == 0 {
					all, err := con.Skips(ctx)
					if err != nil {
						return err
					}
					if asJSON {
						return printJSON(c, all)
					}
					return printSkips(c, all)
				}
				in.View, in.Event = args[0], args[1]
				bar := newStages(c.ErrOrStderr())
				s, err := con.Skip(ctx, in, bar.show)
				bar.done()
				if err != nil {
					return err
				}
				if asJSON {
					return printJSON(c, s)
				}
				return printSkip(c, s)
			})
		},
	}
	settings(c, "data", "dev", "master_key")
	c.Flags().StringVar(&in.Reason, "reason", "", "why, in a sentence about nobody; it is kept for ever, sealed")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func printSkip(c *cobra.Command, s server.SkippedEvent) (err error) {
	if s.Already {
		_, err = fmt.Fprintf(c.OutOrStdout(), "View %s goes on past event %s already, since %s.\n", s.View, s.Event, day(s.At))
	} else {
		_, err = fmt.Fprintf(c.OutOrStdout(), "View %s goes on past event %s.\n", s.View, s.Event)
	}
	return err
}

func printSkips(c *cobra.Command, all []server.SkippedEvent) error {
	w := tabwriter.NewWriter(c.OutOrStdout(), 0, 4, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "VIEW\tEVENT\tSINCE\tBY USER\tREASON")
	for _, s := range all {
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%s\n", s.View, s.Event, day(s.At), s.UID, s.Reason)
	}
	return w.Flush()
}
