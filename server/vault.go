package server

import (
	"context"

	"accountledger/journal"
	"accountledger/vault"
	"accountledger/vault/postgres"
	vaultsqlite "accountledger/vault/sqlite"
)

func (s *Server) openVault(ctx context.Context) error {
	key, err := masterKey(&s.cfg)
	if err != nil {
		return err
	}
	if s.vault, err = s.openVaultEngine(ctx, key); err != nil {
		return err
	}
	s.onClose(s.vault.Close)
	registry, err := journal.NewRegistry(journal.Types(), journal.Upcasters(), journal.PartUpcasters())
	if err != nil {
		return err
	}
	s.journal = journal.New(s.store, registry, s.vault)
	return nil
}

func (s *Server) openVaultEngine(ctx context.Context, key *vault.MasterKey) (vault.Vault, error) {
	if s.cfg.Vault.Engine == "postgres" {
		keys, err := vault.NewKeyring(key)
		if err != nil {
			return nil, err
		}
		return postgres.Open(ctx, s.cfg.Vault.Postgres, keys, postgres.Options{Schema: s.cfg.Vault.Schema})
	}
	return vaultsqlite.Open(ctx, s.cfg.path("vault"), key, vaultsqlite.Options{})
}
