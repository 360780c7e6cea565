package server

import (
	"context"
	"errors"
	"os"

	"accountledger/journal"
	"accountledger/vault"
	"accountledger/vault/postgres"
	vaultsqlite "accountledger/vault/sqlite"
)

func (s *Server) openVault(ctx context.Context) error {
	keys, made, err := keyring(&s.cfg, s.now())
	if err != nil {
		return err
	}
	s.keyring = keys
	if err := keys.Refresh(); err != nil {
		s.log.Warn("files of master keys cannot be used", "error", err.Error())
	}
	if s.masters, err = s.openVaultEngine(ctx, keys); err != nil {
		if made != "" && errors.Is(err, vault.ErrMasterKey) {
			err = errors.Join(err, os.Remove(made)) // the vault is another's; nothing was wrapped under it
		}
		return err
	}
	s.vault = s.masters
	s.onClose(s.vault.Close)
	return s.openJournal()
}

// openJournal makes the journal over log and vault.
func (s *Server) openJournal() error {
	registry, err := journal.NewRegistry(journal.Types(), journal.Upcasters(), journal.PartUpcasters())
	if err != nil {
		return err
	}
	s.journal = journal.New(s.store, registry, s.vault)
	return nil
}

func (s *Server) openVaultEngine(ctx context.Context, keys *vault.Keyring) (vault.Rotator, error) {
	if s.cfg.Vault.Engine == "postgres" {
		return postgres.Open(ctx, s.cfg.Vault.Postgres, keys, postgres.Options{Schema: s.cfg.Vault.Schema})
	}
	return vaultsqlite.OpenWith(ctx, s.cfg.path("vault"), keys, vaultsqlite.Options{})
}
