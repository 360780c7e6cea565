package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"accountledger/operate"

	"github.com/spf13/cobra"
)

func replayShow() *cobra.Command {
	var in operate.AccountShow
	var at string
	c := &cobra.Command{
		Use:   "show ACCOUNT --purpose PURPOSE --case CASE",
		Short: "Show an account's events and state at any time, to an officer who signs in on the terminal",
		Long: `Show an account as it was: its state and every event up to a given time, with its sign-up and sessions and with personal data readable. It
asks on the terminal for the e-mail address and password of an officer with the role compliance. The access is recorded with purpose and
case before anything is shown, even when nothing is found, and the person can see it. What was erased is not shown.`,
		Args: asInUsage,
		RunE: func(c *cobra.Command, args []string) (err error) {
			in.Account = args[0]
			if at != "" {
				if in.At, err = time.Parse(time.RFC3339, at); err != nil {
					return usagef("--at", "not a time: give one such as 2026-03-01T12:00:00Z (RFC 3339)")
				}
			}
			if err := in.Check(); err != nil {
				return err
			}
			if in.Email, in.Password, err = signInOnTerminal(c); err != nil {
				return err
			}
			return console(c, func(ctx context.Context, con operate.Console) error {
				shown, err := operate.ShowAccount.Run(ctx, con, in, nil)
				if err != nil {
					return err
				}
				if asJSON(c) {
					return printJSON(c, shown)
				}
				return printShown(c, shown)
			})
		},
	}
	settings(c, "data", "dev", "master_key")
	c.Flags().StringVar(&in.Purpose, "purpose", "", "why: subject_request, security_incident, legal_order, fraud_investigation, support or audit")
	c.Flags().StringVar(&in.Case, "case", "", "the case that it belongs to, such as DSR-2026-0042")
	c.Flags().StringVar(&at, "at", "", "show it as it was at this time (RFC 3339; default: now)")
	must(c.MarkFlagRequired("purpose"), c.MarkFlagRequired("case"))
	return c
}

func printShown(c *cobra.Command, shown operate.AccountShown) error {
	out := c.OutOrStdout()
	p := func(format string, a ...any) { _, _ = fmt.Fprintf(out, format+"\n", a...) }
	s := shown.State
	p("Account %s as of %s, recorded as %s", s.ID, moment(shown.At), shown.Record)
	p("")
	p("state        %s, version %d, opened %s", s.State, s.Version, moment(s.Opened))
	p("e-mail       %s", quoted(strings.Join(s.Emails, ", ")))
	p("born         %s", orNone(string(s.BirthMonth)))
	p("region       %s, language %s, capacity %s", s.Region, s.Language, s.Capacity)
	for _, x := range s.Permissions {
		p("permission   %s for %s: %s since %s", x.Permission, x.Purpose, x.State, moment(x.Since))
	}
	for _, d := range s.Devices {
		p("device       %s %s, model %s, since %s", d.Kind, quoted(d.Name), quoted(d.Model), moment(d.Linked))
	}
	for _, x := range s.Sessions {
		from := orNone(x.Address)
		if x.Country != "" {
			from += " in " + string(x.Country)
		}
		p("session      since %s, until %s, from %s with %s", moment(x.Began), moment(x.Expires), from, quoted(x.UserAgent))
	}
	if e := s.Erasure; e != nil {
		p("erasure      %s, asked for %s, due %s", e.State, moment(e.Requested), moment(e.Due))
	}
	p("")
	p("%d events:", len(shown.Events))
	for _, e := range shown.Events {
		p("%s  %s by %s %s over %s", moment(e.At), e.Type, e.Actor.Kind, e.Actor.ID, e.Channel)
		p("    %s", e.Details)
	}
	return nil
}

func moment(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// quoted keeps control characters that somebody wrote away from the terminal.
func quoted(s string) string {
	if s == "" {
		return "-"
	}
	return fmt.Sprintf("%q", s)
}

func orNone(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
