package main

import "github.com/spf13/cobra"

func replay() *cobra.Command {
	return group("replay", "Rebuild, compare, move, export and inspect what the log holds",
		replayRebuild(), replayCompare(), replayMove(), replayExport(), replayImport(), replaySkip(), replayShow())
}
