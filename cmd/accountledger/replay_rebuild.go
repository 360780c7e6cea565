package main

import (
	"context"
	"fmt"

	"accountledger/operate"

	"github.com/spf13/cobra"
)

// rebuildGoesOn says what to do about a rebuild that was interrupted.
const rebuildGoesOn = "what was folded is kept: replay rebuild continues, and with --restart starts over"

func replayRebuild() *cobra.Command {
	var in operate.RebuildViews
	c := &cobra.Command{
		Use:   "rebuild [VIEW...]",
		Short: "Rebuild views from the log, all of them when none is named",
		Long: `Fold views from the log again, all of them when none is named, beside the live ones, which keep answering. A view that reaches the end of
the log replaces the live one in one step; one that fails leaves the live one as it is.
Little is lost by Ctrl-C, a crash or a server that stops: the next rebuild of the view continues where this one stopped, if the program still
declares the view in the same way. status lists what is unfinished. A rebuild that meets an event it cannot digest is dropped.`,
		RunE: func(c *cobra.Command, views []string) error {
			in.Views = views
			return console(c, func(ctx context.Context, con operate.Console) error {
				return interruptible(c, rebuildGoesOn, func(progress func(operate.Progress)) (rebuilt, error) {
					_, err := operate.Rebuild.Run(ctx, con, in, func(p operate.Progress) {
						switch {
						case p.Resumed && asJSON(c):
						case p.Resumed:
							_, _ = fmt.Fprintf(c.ErrOrStderr(), "View %s continues at %d of %d %s.\n", p.View, p.Done, p.Total, p.Unit)
						default:
							progress(p)
						}
					})
					return rebuilt{Views: views, All: len(views) == 0}, err
				}, func(c *cobra.Command, _ rebuilt) error {
					_, err := fmt.Fprintln(c.OutOrStdout(), "Rebuilt.")
					return err
				})
			})
		},
	}
	settings(c, "data", "dev", "master_key")
	c.Flags().BoolVar(&in.Restart, "restart", false, "start over and drop what an unfinished rebuild left")
	return c
}

// rebuilt is what a rebuild prints as JSON.
type rebuilt struct {
	Views []string `json:"views,omitzero"` // those that were named
	All   bool     `json:"all"`            // none was named, so all were rebuilt
}

// rebuildLine is the state of a rebuild and what to do about it.
func rebuildLine(c *cobra.Command, r operate.RebuildStatus) string {
	if r.Underway {
		return fmt.Sprintf("view %s, in progress", r.View)
	}
	return fmt.Sprintf("view %s, unfinished at %d of %d %s: to continue, %s; with --restart it starts over", r.View, r.Done, r.Total, r.Unit,
		again(c, "replay rebuild "+r.View))
}
