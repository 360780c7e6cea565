package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"accountledger/notify/smtp"
	"accountledger/server"
)

func mail() *cobra.Command {
	c := &cobra.Command{Use: "mail", Short: "Try out the mail server", Args: asInUsage}
	c.AddCommand(mailTest())
	return c
}

// mailTested is what mail test prints with --json.
type mailTested struct {
	Steps []smtp.Progress `json:"steps"` // those that succeeded, in order
}

func mailTest() *cobra.Command {
	c := &cobra.Command{
		Use:   "test ADDRESS",
		Short: "Send one test message and show each step",
		Long: `Send one test message to ADDRESS through the configured mail server and show each step as it succeeds: connect, greeting, tls, sign_in,
sender, recipient, answer. A failure says at which step, why, and what to do. It works whether or not a server runs, and touches no ledger.`,
		Args: asInUsage,
		RunE: func(c *cobra.Command, args []string) error {
			cfg, err := load(c)
			if err != nil {
				return err
			}
			var done mailTested
			err = server.TryMail(c.Context(), &cfg, args[0], func(p smtp.Progress) {
				done.Steps = append(done.Steps, p)
				if !asJSON(c) {
					_, _ = fmt.Fprintf(c.OutOrStdout(), "%-10s %s\n", p.Step, orDone(p.Detail))
				}
			})
			if err != nil {
				return err
			}
			if asJSON(c) {
				return printJSON(c, done)
			}
			_, err = fmt.Fprintln(c.OutOrStdout(), "The server took the message.")
			return err
		},
	}
	settings(c, "name", "smtp.host", "smtp.port", "smtp.username", "smtp.password_file", "smtp.from", "smtp.tls", "smtp.roots")
	return c
}

func orDone(detail string) string {
	if detail == "" {
		return "done"
	}
	return detail
}
