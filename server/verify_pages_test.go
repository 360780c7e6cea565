package server_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"accountledger/operate"
	"accountledger/replay/audit"
	"accountledger/server"
	"accountledger/vault"
)

// TestVerifyNamesADamagedPageOfTheVault flips a bit on every page of the vault's file in turn: either the ledger does not
// open, and says which page it is, or verify does.
func TestVerifyNamesADamagedPageOfTheVault(t *testing.T) {
	t.Parallel()
	const page = 4096
	cfg, mail := withMail(t)
	r := start(t, cfg)
	ada := r.join(mail, "ada.lovelace@example.com", "Ada on the run")
	r.stop()
	path := filepath.Join(cfg.Data, "vault", "vault.db")
	whole, err := os.ReadFile(path)
	fatal(t, err)
	verified := 0
	for offset := 0; offset < len(whole); offset += page {
		hurt := slices.Clone(whole)
		hurt[offset+page/2] ^= 16
		fatal(t, os.WriteFile(path, hurt, 0o600))
		c, err := server.OpenReading(t.Context(), cfg)
		if err != nil {
			if !errors.Is(err, vault.ErrCorrupt) || !strings.Contains(err.Error(), path) {
				t.Errorf("page at %d: %v", offset, err)
			}
			continue
		}
		v, err := operate.Verify.Run(t.Context(), c, operate.None{}, nil)
		fatal(t, errors.Join(err, c.Close()))
		verified++
		if !slices.ContainsFunc(v.Faults, func(f audit.Fault) bool {
			return f.Where == audit.InVault && f.File == path && f.Offset == int64(offset) && !strings.Contains(operate.FaultLine(f), ada.email)
		}) || v.OK {
			t.Errorf("page at %d: %+v", offset, v)
		}
	}
	if verified == 0 {
		t.Error("it never opened")
	}
}
