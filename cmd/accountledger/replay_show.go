package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"accountledger/server"
)

// errMoment: the moment cannot be read.
var errMoment = errors.New("--at is no moment: give one as 2026-03-01T12:00:00Z (RFC 3339)")

func replayShow() *cobra.Command {
	var in server.ShowAccount
	var at string
	var asJSON bool
	c := &cobra.Command{
		Use:   "show ACCOUNT --purpose PURPOSE --case CASE",
		Short: "Show an account's events and state at any moment, to an officer who signs in on the terminal",
		Long: `Show an account as it was: its state and every event up to a moment, with its sign-up and sessions, personal parts in clear. It asks on the
terminal for the e-mail address and password of an officer with the role compliance. The look is recorded with purpose and case
before anything is shown, also when nothing is found, and the person sees it among their accesses. What was erased is not shown.`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) (err error) {
			in.Account = args[0]
			if at != "" {
				if in.At, err = time.Parse(time.RFC3339, at); err != nil {
					return errMoment
				}
			}
			if err := in.Check(); err != nil {
				return err
			}
			if in.Email, in.Password, err = signInOnTerminal(c); err != nil {
				return err
			}
			return console(c, func(ctx context.Context, con server.Console) error {
				shown, err := con.Show(ctx, in)
				if err != nil {
					return err
				}
				if asJSON {
					return printJSON(c, shown)
				}
				return printShown(c, shown)
			})
		},
	}
	settings(c, "data", "dev", "master_key")
	c.Flags().StringVar(&in.Purpose, "purpose", "", "why: subject_request, security_incident, legal_order, fraud_investigation, support or audit")
	c.Flags().StringVar(&in.Case, "case", "", "the case it belongs to, such as DSR-2026-0042")
	c.Flags().StringVar(&at, "at", "", "the moment up to and with which it is shown (RFC 3339; default: now)")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	must(c.MarkFlagRequired("purpose"), c.MarkFlagRequired("case"))
	return c
}

func printShown(c *cobra.Command, shown server.AccountShown) error {
	out := c.OutOrStdout()
	p := func(format string, a ...any) { _, _ = fmt.Fprintf(out, format+"\n", a...) }
	s := shown.State
	p("Account %s as of %s, recorded as %s", s.ID, moment(shown.At), shown.Record)
	p("")
	p("state        %s, version %d, opened %s", s.State, s.Version, moment(s.Opened))
	p("e-mail       %s", quoted(s.Email))
	p("born         %s", orNone(string(s.BirthMonth)))
	p("region       %s, language %s, capacity %s", s.Region, s.Language, s.Capacity)
	for _, x := range s.Permissions {
		p("permission   %s for %s: %s since %s", x.Permission, x.Purpose, x.State, moment(x.Since))
	}
	for _, d := range s.Devices {
		p("device       %s %s, model %s, since %s", d.Kind, quoted(d.Name), quoted(d.Model), moment(d.Linked))
	}
	for _, x := range s.Sessions {
		p("session      since %s, until %s, from %s with %s", moment(x.Began), moment(x.Expires), orNone(x.Address), quoted(x.UserAgent))
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

// quoted keeps what somebody wrote of themselves from steering the terminal.
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
