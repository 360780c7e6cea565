package server

import (
	"context"
	"errors"
	"fmt"
	"os"

	"accountledger/journal"
	"accountledger/replay/fit"
	"accountledger/vault"
	"accountledger/vault/postgres"
	vaultsqlite "accountledger/vault/sqlite"
)

func (s *Server) openVault(ctx context.Context) error {
	if err := s.needVault(ctx); err != nil {
		return err
	}
	keys, made, err := keyring(&s.cfg, s.now())
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
	masters, err := s.openVaultEngine(ctx, keys)
	if err != nil {
		if made != "" && errors.Is(err, vault.ErrMasterKey) {
			err = errors.Join(err, os.Remove(made)) // the vault is another's; nothing was wrapped under it
		}
		return fit.Vault(err)
	}
	if made != "" && s.cfg.Vault.Engine == "postgres" {
		s.undo = nil // the database holds a vault under that key now; the next start goes on with both
	}
	s.masters, s.vault, s.binder = masters, masters, masters
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

// needVault refuses a log that has events and no vault, before one would be made.
func (s *Server) needVault(ctx context.Context) error {
	if s.archive {
		return nil
	}
	there, _, err := s.lookForVault(ctx)
	if err != nil || there {
		return err
	}
	events, err := fit.HasEvents(ctx, s.store)
	if err != nil || !events {
		return err
	}
	where := s.cfg.path("vault")
	if s.cfg.Vault.Engine == "postgres" {
		where = "the database's schema " + s.cfg.Vault.Schema
	}
	return &fit.RefusedError{What: "the vault is missing beside a log that has events; a new one would open nothing of what they hold",
		Next: fit.PutBackVault, Err: fmt.Errorf("%s: %w", where, fit.ErrVaultMissing)}
}

func (s *Server) openVaultEngine(ctx context.Context, keys *vault.Keyring) (vault.Portable, error) {
	witness, behind := s.cfg.path(vaultWitness), s.accepted == fit.AcceptOlderVault
	if s.cfg.Vault.Engine == "postgres" {
		return s.openPostgres(ctx, keys, postgres.Options{Witness: witness, Behind: behind})
	}
	return vaultsqlite.OpenWith(ctx, s.cfg.path("vault"), keys, vaultsqlite.Options{Witness: witness, Behind: behind, Uncut: true})
}

func (s *Server) openPostgres(ctx context.Context, keys *vault.Keyring, o postgres.Options) (vault.Portable, error) {
	o.Schema = s.cfg.Vault.Schema
	return postgres.Open(ctx, s.cfg.Vault.Postgres, keys, o)
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
