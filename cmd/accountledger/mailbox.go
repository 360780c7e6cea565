package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"accountledger/operate"

	"github.com/spf13/cobra"
)

func mailbox() *cobra.Command {
	c := &cobra.Command{
		Use:   "mailbox",
		Short: "Show the messages in the local mailbox, the newest last (serve --dev without a mail server)",
		Args:  asInUsage,
		RunE: func(c *cobra.Command, _ []string) error {
			return console(c, func(ctx context.Context, con operate.Console) error {
				messages, err := operate.ReadMailbox.Run(ctx, con, operate.None{}, nil)
				if err != nil {
					return err
				}
				if asJSON(c) {
					if messages == nil {
						messages = []operate.MailboxEntry{}
					}
					return printJSON(c, messages)
				}
				return printMailbox(c, messages)
			})
		},
	}
	settings(c, "data", "dev", "master_key")
	return c
}

func printMailbox(c *cobra.Command, messages []operate.MailboxEntry) error {
	out := c.OutOrStdout()
	if len(messages) == 0 {
		_, err := fmt.Fprintln(out, "The mailbox is empty.")
		return err
	}
	for _, m := range messages {
		if _, err := fmt.Fprintf(out, "%s  to %s\n%s\n\n%s\n\n", m.At.Local().Format(time.DateTime), m.To, m.Subject,
			"  "+strings.ReplaceAll(strings.TrimSpace(m.Text), "\n", "\n  ")); err != nil {
			return err
		}
	}
	return nil
}
