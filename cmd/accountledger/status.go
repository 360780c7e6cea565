package main

import (
	"context"
	"errors"
	"fmt"
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
		p("skipped\t%d of %d: view %s goes on past event %s, since %s", i+1, len(st.Skips), s.View, s.Event, day(s.At))
	}
	for _, line := range tellBackups(st.Backups) {
		p("%s", line)
	}
	p("")
	p("CONSUMER\tSTATE\tLAG\tSECONDS\tAT\tREASON")
	for _, s := range st.Consumers {
		p("%s\t%s\t%d %s\t%.1f\t%s\t%s", s.Name, s.State, s.Lag, s.LagUnit, s.LagSeconds, s.Position, s.Reason)
	}
	return w.Flush()
}
