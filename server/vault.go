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
	existing, err := s.needsVault(ctx)
	if err != nil {
		return err
	}
	keys, made, err := keyring(&s.cfg, s.now(), existing)
	if err != nil {
		return err
	}
	if made != "" {
		s.undoFile(made)
	}
	s.keyring = keys
	if err := keys.Refresh(); err != nil {
		s.log.Warn("files of master keys cannot be used", "error", err.Error())
	}
	if s.masters, err = s.openVaultEngine(ctx, keys, existing); err != nil {
		if made != "" && errors.Is(err, vault.ErrMasterKey) {
			err = errors.Join(err, os.Remove(made)) // the vault is another's; nothing was wrapped under it
		}
		return s.refuseVault(err)
	}
	s.vault, s.binder = s.masters, s.masters
	s.onClose(s.vault.Close)
	return s.openJournal()
}

// openJournal makes the journal over log and vault.
func (s *Server) openJournal() error {
	registry, err := journal.NewRegistry(journal.Types(), journal.Upcasters(), journal.PartUpcasters())
	if err != nil {
		return err
	}
	var keys journal.Keys = s.vault
	if s.archive {
		keys = noKeys{s.vault}
	}
	s.journal = journal.New(s.store, registry, keys)
	return nil
}

// needsVault says whether a vault is missing: there is none, and the log has events, whose keys a new one would not have.
func (s *Server) needsVault(ctx context.Context) (bool, error) {
	if s.archive {
		return false, nil
	}
	there, _, err := s.lookForVault(ctx)
	if err != nil || there {
		return false, err
	}
	return s.hasEvents(ctx)
}

func (s *Server) openVaultEngine(ctx context.Context, keys *vault.Keyring, existing bool) (vault.Carrier, error) {
	witness, behind := s.cfg.path(vaultWitness), s.accepted == AcceptOlderVault
	if s.cfg.Vault.Engine == "postgres" {
		return postgres.Open(ctx, s.cfg.Vault.Postgres, keys, postgres.Options{Schema: s.cfg.Vault.Schema, Existing: existing, Witness: witness, Behind: behind})
	}
	return vaultsqlite.OpenWith(ctx, s.cfg.path("vault"), keys, vaultsqlite.Options{Existing: existing, Witness: witness, Behind: behind})
}

// noKeys are those of an archive, whose log names keys that it came without: they read as destroyed.
type noKeys struct{ vault.Vault }

func (k noKeys) Key(ctx context.Context, name string) (*vault.Key, error) {
	key, err := k.Vault.Key(ctx, name)
	if errors.Is(err, vault.ErrNotFound) {
		return nil, vault.ErrDestroyed
	}
	return key, err
}
