package server

import (
	"context"

	"accountledger/operate/fault"
	"accountledger/replay/audit"
)

// checkStrangers looks whether a vault that one process has knows every key that was named since it was bound last, where others can
// append to the log: one who has a copy of the vault makes keys that this one lacks.
func (s *Server) checkStrangers(ctx context.Context) error {
	if s.cfg.Store.Engine != "esdb" || s.cfg.Vault.Engine == "postgres" || s.archive {
		return nil
	}
	b, err := s.binder.Binding(ctx)
	if err != nil || b.IsZero() {
		return err
	}
	tail, err := audit.Since(ctx, s.store, s.journal, s.vault, bindingPlace(b).Position)
	if err == nil && tail.Missing != nil {
		return &fault.UnfitError{Says: "another process with another vault appends to this log, which names a key that this vault never had: stop it; several " +
			"processes share their vault as well (vault.engine: postgres)"}
	}
	return err
}
