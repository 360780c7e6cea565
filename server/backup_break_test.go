package server_test

import (
	"context"
	"testing"

	"accountledger/operate"
	"accountledger/replay/restore"
	"accountledger/server"
)

// breakOff ends a restore at a stage.
func breakOff(t *testing.T, cfg server.Config, dir, stage string) error {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	_, err := server.Restore(ctx, cfg, dir, restore.Options{}, server.SideOptions{Progress: func(p operate.Progress) {
		if p.View == stage {
			cancel()
		}
	}})
	return err
}
