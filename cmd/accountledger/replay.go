package main

import (
	"context"
	"fmt"
	"io"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"accountledger/server"
)

func replay() *cobra.Command {
	c := &cobra.Command{Use: "replay", Short: "Read the log again"}
	c.AddCommand(replayRebuild(), replayCompare(), replayMove(), replayExport(), replayImport(), replaySkip(), replayShow())
	return c
}

func replayRebuild() *cobra.Command {
	c := &cobra.Command{
		Use:   "rebuild [VIEW...]",
		Short: "Build views again from the log; all of them when none is named",
		RunE: func(c *cobra.Command, views []string) error {
			return console(c, func(ctx context.Context, con server.Console) error {
				bar := newBar(c.ErrOrStderr())
				if err := con.Rebuild(ctx, views, bar.show); err != nil {
					return err
				}
				bar.done()
				_, err := fmt.Fprintln(c.OutOrStdout(), "Rebuilt.")
				return err
			})
		},
	}
	settings(c, "data", "dev", "master_key")
	return c
}

type bar struct {
	out io.Writer
	bar *progressbar.ProgressBar
}

func newBar(out io.Writer) *bar { return &bar{out: out} }

func (b *bar) show(p server.Progress) {
	if b.bar == nil {
		b.bar = progressbar.NewOptions64(p.Total, progressbar.OptionSetWriter(b.out), progressbar.OptionSetDescription("rebuilding"),
			progressbar.OptionShowCount(), progressbar.OptionShowIts(), progressbar.OptionSetItsString(p.Unit), progressbar.OptionSetPredictTime(true))
	}
	b.bar.ChangeMax64(max(p.Total, p.Done))
	_ = b.bar.Set64(p.Done) // a bar that cannot be drawn is no reason to stop
}

func (b *bar) done() {
	if b.bar != nil {
		_ = b.bar.Finish()
		_, _ = fmt.Fprintln(b.out)
	}
}
