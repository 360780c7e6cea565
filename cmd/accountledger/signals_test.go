package main

import (
	"os"
	"slices"
	"syscall"
	"testing"
)

// TestHangupEndsCommandsAndNoServer: a command is interrupted as by Ctrl-C, which it knows to go on from.
func TestHangupEndsCommandsAndNoServer(t *testing.T) {
	for line, ends := range map[string]bool{"serve": false, "replay": true, "status": true} {
		if got := slices.Contains(endings(root(), []string{line, "--data", "x"}), os.Signal(syscall.SIGHUP)); got != ends {
			t.Errorf("%s: %v", line, got)
		}
	}
}
