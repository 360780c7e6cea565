package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"accountledger/server"
)

// rebuildGoesOn says what to do about a rebuild that was interrupted.
const rebuildGoesOn = "what was folded is kept: replay rebuild goes on with it, and with --restart starts over"

func replayRebuild() *cobra.Command {
	var in server.RebuildViews
	c := &cobra.Command{
		Use:   "rebuild [VIEW...]",
		Short: "Build views again from the log; all of them when none is named",
		Long: `Fold views again from the log, all of them when none is named, beside the live ones, which go on answering. A view that has come to
the end of the log takes the live one's place in one step; one that fails leaves it as it is.
Ctrl-C, a server that stops, or a crash lose little: the next rebuild of the view goes on where this one was, if the program still
declares the view as it did. status names what is unfinished. A rebuild that meets an event that it cannot digest is dropped.`,
		RunE: func(c *cobra.Command, views []string) error {
			in.Views = views
			return console(c, func(ctx context.Context, con server.Console) error {
				return interruptible(c, false, rebuildGoesOn, func(progress func(server.Progress)) (struct{}, error) {
					return struct{}{}, con.Rebuild(ctx, in, func(p server.Progress) {
						if p.Resumed {
							_, _ = fmt.Fprintf(c.ErrOrStderr(), "View %s goes on at %d of %d %s.\n", p.View, p.Done, p.Total, p.Unit)
						} else {
							progress(p)
						}
					})
				}, func(c *cobra.Command, _ struct{}) error {
					_, err := fmt.Fprintln(c.OutOrStdout(), "Rebuilt.")
					return err
				})
			})
		},
	}
	settings(c, "data", "dev", "master_key")
	c.Flags().BoolVar(&in.Anew, "restart", false, "start over, and drop what an unfinished rebuild left")
	return c
}

// tellRebuild says of a rebuild how it is, and what can be done about it.
func tellRebuild(r server.RebuildStatus) string {
	if r.Underway {
		return fmt.Sprintf("view %s, under way", r.View)
	}
	return fmt.Sprintf("view %s, unfinished at %d of %d %s: replay rebuild %s goes on with it, and with --restart starts over", r.View, r.Done, r.Total, r.Unit, r.View)
}
