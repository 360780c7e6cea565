package main

import "github.com/spf13/cobra"

func replay() *cobra.Command {
	c := &cobra.Command{Use: "replay", Short: "Read the log again"}
	c.AddCommand(replayRebuild(), replayCompare(), replayMove(), replayExport(), replayImport(), replaySkip(), replayShow())
	return c
}
