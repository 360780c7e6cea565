package main

import (
	"context"
	"fmt"
	"text/tabwriter"

	"accountledger/operate"

	"github.com/spf13/cobra"
)

func replaySkip() *cobra.Command {
	var in operate.EventSkip
	c := &cobra.Command{
		Use:   "skip [[VIEW] EVENT --reason TEXT]",
		Short: "Skip an event that a view cannot digest or that cannot be read; without arguments, list what was skipped and why",
		Long: `With an event alone: record that everything skips it: views, messages, deadlines and the stream that holds it. That is for an event that no
ledger wrote or whose bytes are damaged; status names it. An event that can be read, or that a newer program wrote, is refused.

With a view: record that this view skips an event at which it stopped, or with which it cannot be built; status names both. What can be
folded of the event is folded; documents it cannot be folded into stay as they were. The view continues within seconds in every process,
and rebuilds skip the event too. A fixed program folds it at the next rebuild: a skip loses nothing.
An event that the view can digest is refused. Finding that out may mean reading the log up to the event.`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 2 {
				return usagef("", "give an event, a view and an event, or nothing to list what was skipped")
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			return console(c, func(ctx context.Context, con operate.Console) error {
				if len(args) == 0 {
					all, err := operate.ListSkips.Run(ctx, con, operate.None{}, nil)
					if err != nil {
						return err
					}
					if asJSON(c) {
						return printJSON(c, all)
					}
					return printSkips(c, all)
				}
				if in.Event = args[len(args)-1]; len(args) == 2 {
					in.View = args[0]
				}
				bar := newStages(c)
				s, err := operate.SkipEvent.Run(ctx, con, in, bar.show)
				bar.done()
				if err != nil {
					return err
				}
				if asJSON(c) {
					return printJSON(c, s)
				}
				return printSkip(c, s)
			})
		},
	}
	settings(c, "data", "dev", "master_key")
	c.Flags().StringVar(&in.Reason, "reason", "", "why, in a sentence that names nobody; kept permanently, sealed")
	return c
}

func printSkip(c *cobra.Command, s operate.SkippedEvent) (err error) {
	who := "Everything"
	if s.View != "" {
		who = "View " + s.View
	}
	if s.Already {
		_, err = fmt.Fprintf(c.OutOrStdout(), "%s skips event %s already, since %s.\n", who, s.Event, day(s.At))
	} else {
		_, err = fmt.Fprintf(c.OutOrStdout(), "%s skips event %s.\n", who, s.Event)
	}
	return err
}

func printSkips(c *cobra.Command, all []operate.SkippedEvent) error {
	w := tabwriter.NewWriter(c.OutOrStdout(), 0, 4, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "VIEW\tEVENT\tSINCE\tBY USER\tREASON")
	for _, s := range all {
		if s.View == "" {
			s.View = "everything"
		}
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%s\n", s.View, s.Event, day(s.At), s.UID, s.Reason)
	}
	return w.Flush()
}
