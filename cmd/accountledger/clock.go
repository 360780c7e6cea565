package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"accountledger/server"
)

func clock() *cobra.Command {
	c := &cobra.Command{Use: "clock", Short: "The ledger's clock, which decides when something is destroyed"}
	c.AddCommand(clockConfirm())
	return c
}

func clockConfirm() *cobra.Command {
	var in server.ClockConfirm
	var asJSON bool
	c := &cobra.Command{
		Use:   "confirm TIME",
		Short: "Confirm the ledger's clock after it jumped, so that what is due is destroyed",
		Long: `Say that the ledger's clock is right. While it is far from where the log's times and the time that the process has run put it, nothing
is destroyed because of the time; status shows both. That is so when the clock jumped, and also when the ledger was off for long: only
somebody who looks at another clock can tell one from the other.

TIME is what another clock than this machine's says: a day in UTC, as 2026-11-26, or a time, as 2026-11-26T19:40Z. The ledger's clock must
say that day, or be within 10 minutes of that time; otherwise nothing is confirmed. Erasures, sign-ups and keys that are due are then
destroyed for good.`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			in.Time = args[0]
			return console(c, func(ctx context.Context, con server.Console) error {
				done, err := con.ClockConfirm(ctx, in)
				if err != nil {
					return err
				}
				if asJSON {
					return printJSON(c, done)
				}
				_, err = fmt.Fprintf(c.OutOrStdout(), "The ledger's clock is confirmed: %s.\n", done.Time.Format(time.RFC3339))
				if err == nil && done.Waited {
					_, err = fmt.Fprintln(c.OutOrStdout(), "What waited for it is carried out now.")
				}
				return err
			})
		},
	}
	settings(c, "data", "dev", "master_key")
	c.Flags().StringVar(&in.Reason, "reason", "", "why, in a sentence about nobody; it is kept permanently, sealed")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// tellClock is the clock's line of status.
func tellClock(c server.ClockStatus) string {
	said := c.Says.Format(time.RFC3339)
	if c.Moved != "" {
		said += ", moved forward by " + c.Moved
	}
	if !c.Waits {
		return said
	}
	return fmt.Sprintf("%s, about %s by the log and the time this process has run: nothing is destroyed because of the time until it is back, or until accountledger clock confirm TIME",
		said, c.Expected.Format(time.RFC3339))
}
