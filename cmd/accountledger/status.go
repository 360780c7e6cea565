package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"accountledger/operate"
	"accountledger/operate/folder"
)

// errNotReady ends status where the ledger is not ready: what it printed says why.
var errNotReady = &operate.Failure{Code: "not_ready", Message: "the ledger is not ready", Exit: operate.ExitNotYet}

// errNoAnswer ends status where somebody has the data folder and no server answers.
var errNoAnswer = &operate.Failure{Code: "not_ready", Exit: operate.ExitNotYet,
	Message: "a server is starting or stopping on this data folder, or a command has it open"}

func status() *cobra.Command {
	c := &cobra.Command{
		Use:   "status",
		Short: "Show the state of the ledger: head, lag, and what waits or stopped and why; fails when it is not ready",
		Long: `Show the state of the ledger, whether a server runs or not. On a stopped ledger it changes nothing, so a read-only mount will do.
It shows nothing personal and is not recorded. Exit code 5 when the ledger is not ready, or is starting or stopping.`,
		Args: asInUsage,
		RunE: func(c *cobra.Command, _ []string) error {
			err := reading(c, func(ctx context.Context, con operate.Console) error {
				st, err := operate.ReadStatus.Run(ctx, con, operate.None{}, nil)
				if err != nil {
					return err
				}
				if asJSON(c) {
					err = printJSON(c, st)
				} else {
					err = printStatus(c, st)
				}
				if err == nil && !st.Ready {
					err = errNotReady
				}
				return err
			})
			if errors.Is(err, folder.ErrRunning) {
				return errNoAnswer
			}
			return err
		},
	}
	settings(c, "data", "dev", "master_key", "backup.keep", "backup.list")
	return c
}

// faultLine is a fault in one line.
func faultLine(f operate.Fault) string {
	met := "last seen " + f.Last.Format(time.DateTime)
	if f.Current {
		met = "now"
	}
	return fmt.Sprintf("fault\t%s, %s: %s; %d times since %s", f.Where, met, f.Cause, f.Count, f.Since.Format(time.DateTime))
}

func printStatus(c *cobra.Command, st operate.Status) error {
	w := tabwriter.NewWriter(c.OutOrStdout(), 0, 4, 2, ' ', 0)
	p := func(format string, a ...any) { _, _ = fmt.Fprintf(w, format+"\n", a...) }
	running := "not running"
	if st.Running {
		running = "running at http://" + st.Address
	}
	ready := "yes"
	if st.Archive {
		ready = "an archive: it can be read, nothing is appended"
	}
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
		p("%s\tunknown: %s", u.What, u.Cause)
	}
	for _, f := range st.Faults {
		p("%s", faultLine(f))
	}
	if st.Log.Fence != "" {
		p("fenced\t%s", st.Log.Fence)
	}
	p("messages\t%s", st.Messages)
	if s := st.Sending; s != nil && (s.Sent > 0 || s.Failed > 0 || s.LastFailure != nil) {
		p("sending\t%s", sendingLine(s))
	}
	p("deadlines\t%d waiting", st.Deadlines)
	p("clock\t%s", clockLine(c, st.Clock))
	for _, k := range st.MasterKeys {
		p("master key\t%s, %s", k.ID, keyLine(c, k))
	}
	for _, r := range st.Rebuilds {
		p("rebuild\t%s", rebuildLine(c, r))
	}
	for i, s := range st.Skips {
		who := "everything"
		if s.View != "" {
			who = "view " + s.View
		}
		p("skipped\t%d of %d: %s skips event %s, since %s", i+1, len(st.Skips), who, s.Event, day(s.At))
	}
	for _, line := range backupLines(st.Backups) {
		p("%s", line)
	}
	p("")
	p("CONSUMER\tSTATE\tLAG\tSECONDS\tAT\tREASON")
	for _, s := range st.Consumers {
		p("%s\t%s\t%s\t%.1f\t%s\t%s", s.Name, s.State, lagText(s), s.LagSeconds, s.Position, s.Reason)
	}
	for _, event := range unreadable(st.Consumers) {
		p("\nNo ledger wrote event %s, or its bytes are damaged. To skip it everywhere:\n  %s", event, again(c, "replay skip "+event+` --reason "…"`))
	}
	return w.Flush()
}

// lagText is how many events a consumer is behind.
func lagText(s operate.ConsumerStatus) string {
	switch {
	case s.Unknown:
		return "unknown"
	case s.AtLeast:
		return fmt.Sprintf("%d+ events", s.Lag)
	}
	return fmt.Sprintf("%d events", s.Lag)
}

// unreadable are the unreadable events at which consumers wait, each once.
func unreadable(all []operate.ConsumerStatus) []string {
	var out []string
	for _, s := range all {
		if s.Unreadable != "" && !slices.Contains(out, s.Unreadable) {
			out = append(out, s.Unreadable)
		}
	}
	return out
}
