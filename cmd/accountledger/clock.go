package main

import (
	"context"
	"fmt"
	"time"

	"accountledger/operate"

	"github.com/spf13/cobra"
)

func clock() *cobra.Command {
	return group("clock", "Confirm the ledger's clock, which decides when something is destroyed", clockConfirm())
}

func clockConfirm() *cobra.Command {
	var in operate.ClockConfirm
	c := &cobra.Command{
		Use:   "confirm TIME",
		Short: "Confirm the ledger's clock after a jump, so that what is due is destroyed",
		Long: `Confirm that the ledger's clock is right. While it is far from what the log's times and the process's running time suggest, nothing is
destroyed by time; status shows both. That happens when the clock jumped, and also when the ledger was off for a long time: only somebody
who looks at another clock can tell which.

TIME is what a clock other than this machine's says: a day in UTC, such as 2026-11-26, or a time, such as 2026-11-26T19:40Z. The ledger's
clock must show that day, or be within 10 minutes of that time; otherwise nothing is confirmed. Erasures, sign-ups and keys that are due
are then destroyed permanently.`,
		Args: asInUsage,
		RunE: func(c *cobra.Command, args []string) error {
			in.Time = args[0]
			return console(c, func(ctx context.Context, con operate.Console) error {
				done, err := operate.ConfirmClock.Run(ctx, con, in, nil)
				if err != nil {
					return err
				}
				if asJSON(c) {
					return printJSON(c, done)
				}
				_, err = fmt.Fprintf(c.OutOrStdout(), "The ledger's clock is confirmed: %s.\n", done.Time.Format(time.RFC3339))
				if err == nil && done.Waited {
					_, err = fmt.Fprintln(c.OutOrStdout(), "What was waiting for it is being carried out.")
				}
				return err
			})
		},
	}
	settings(c, "data", "dev", "master_key")
	c.Flags().StringVar(&in.Reason, "reason", "", "why, in a sentence that names nobody; kept permanently, sealed")
	return c
}

// clockLine is the clock's line of status.
func clockLine(cmd *cobra.Command, c operate.ClockStatus) string {
	said := c.Says.Format(time.RFC3339)
	if c.Moved != "" {
		said += ", moved forward by " + c.Moved
	}
	if !c.Waits {
		return said
	}
	return fmt.Sprintf("%s, but about %s by the log and this process's running time: nothing is destroyed by time until it is right again, or until %s",
		said, c.Expected.Format(time.RFC3339), again(cmd, "clock confirm TIME"))
}
