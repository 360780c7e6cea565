package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"accountledger/server"
)

// errNotReady is how the command ends where log or vault cannot be read and written: what it printed says why.
var errNotReady = errors.New("the ledger is not ready")

func status() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "status",
		Short: "Tell how the ledger is doing: head, what lags, what waits or stopped and why; fails when it is not ready",
		Long: `Tell how the ledger is doing, whether a server runs or not. Of a stopped ledger nothing is changed, so it may lie on a read-only mount.
It shows nothing personal and is not recorded.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return reading(c, func(ctx context.Context, con server.Reading) error {
				st, err := con.Status(ctx)
				if err != nil {
					return err
				}
				tell := printStatus
				if asJSON {
					tell = func(c *cobra.Command, st server.Status) error { return printJSON(c, st) }
				}
				if err := tell(c, st); err != nil {
					return err
				}
				if !st.Ready {
					return errNotReady
				}
				return nil
			})
		},
	}
	settings(c, "data", "dev", "master_key", "backup.keep", "backup.list")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// tellFault is a fault in one line.
func tellFault(f server.Fault) string {
	met := "last met " + f.Last.Format(time.DateTime)
	if f.Current {
		met = "now"
	}
	return fmt.Sprintf("fault\t%s, %s: %s; %d times since %s", f.Where, met, f.Cause, f.Count, f.Since.Format(time.DateTime))
}

func printStatus(c *cobra.Command, st server.Status) error {
	w := tabwriter.NewWriter(c.OutOrStdout(), 0, 4, 2, ' ', 0)
	p := func(format string, a ...any) { _, _ = fmt.Fprintf(w, format+"\n", a...) }
	running := "no server runs; opened for this command"
	if st.Running {
		running = "running at http://" + st.Address
	}
	ready := "yes"
	if !st.Ready {
		ready = "no: " + st.Reason
	}
	p("server\t%s (%s)", running, st.Version)
	if st.Internal != "" {
		p("metrics\thttp://%s/metrics", st.Internal)
	}
	p("ready\t%s", ready)
	if st.Log.ID != "" || st.Log.Head != "" {
		p("log\t%s, head %s", st.Log.ID, st.Log.Head)
	}
	for _, u := range st.Unread {
		p("%s\tcannot be told: %s", u.What, u.Cause)
	}
	for _, f := range st.Faults {
		p("%s", tellFault(f))
	}
	if st.Log.Fence != "" {
		p("fenced\t%s", st.Log.Fence)
	}
	p("messages\t%s", st.Messages)
	p("deadlines\t%d waiting", st.Deadlines)
	p("clock\t%s", tellClock(st.Clock))
	for _, k := range st.MasterKeys {
		p("master key\t%s, %s", k.ID, tellKey(k))
	}
	for _, r := range st.Rebuilds {
		p("rebuild\t%s", tellRebuild(r))
	}
	for i, s := range st.Skips {
		who := "everything"
		if s.View != "" {
			who = "view " + s.View
		}
		p("skipped\t%d of %d: %s goes on past event %s, since %s", i+1, len(st.Skips), who, s.Event, day(s.At))
	}
	for _, line := range tellBackups(st.Backups) {
		p("%s", line)
	}
	p("")
	p("CONSUMER\tSTATE\tLAG\tSECONDS\tAT\tREASON")
	for _, s := range st.Consumers {
		p("%s\t%s\t%s\t%.1f\t%s\t%s", s.Name, s.State, tellLag(s), s.LagSeconds, s.Position, s.Reason)
	}
	for _, event := range unreadable(st.Consumers) {
		p("\nNo ledger wrote event %[1]s, or its bytes are damaged. To let everything go on past it:\n  accountledger replay skip %[1]s --reason \"…\"", event)
	}
	return w.Flush()
}

// tellLag is how many events a consumer is behind.
func tellLag(s server.ConsumerStatus) string {
	switch {
	case s.Unknown:
		return "unknown"
	case s.AtLeast:
		return fmt.Sprintf("%d+ events", s.Lag)
	}
	return fmt.Sprintf("%d events", s.Lag)
}

// unreadable are the events that consumers wait before because they cannot be read, each once.
func unreadable(all []server.ConsumerStatus) []string {
	var out []string
	for _, s := range all {
		if s.Unreadable != "" && !slices.Contains(out, s.Unreadable) {
			out = append(out, s.Unreadable)
		}
	}
	return out
}
