package server

import (
	"context"
	"errors"

	"accountledger/notify"
	"accountledger/operate"
	"accountledger/operate/health"
	"accountledger/vault"
)

// observeVault puts the observer before everything that uses the vault.
func (s *Server) observeVault(context.Context) error {
	c, ok := s.vault.(vault.Portable)
	if !ok {
		return errors.New("the vault's engine cannot be observed")
	}
	var err error
	if s.observed, err = health.Observe(c, s.desk, s.metrics); err != nil {
		return err
	}
	s.vault = s.observed
	if p, ok := s.masters.(operate.Paged); ok { // the engine; a list of destructions hides it
		s.vault = struct {
			*health.Vault
			operate.Paged
		}{s.observed, p}
	}
	return s.openJournal()
}

// openHealth begins to know how this process is.
func (s *Server) openHealth(context.Context) error {
	s.draining = health.NewDraining()
	s.sending = notify.NewSending(s.now)
	s.health = health.New(health.Deps{Ledger: s.ledger, Vault: s.observed, Desk: s.desk, Log: s.log, Draining: s.draining, Archive: s.archive,
		Messages: MessagesTo(s.cfg), Sending: s.sending,
		Unfit: func() error {
			if why := s.unfit.Load(); why != nil {
				return *why
			}
			return nil
		},
		Senders: func() (names []string) {
			for _, c := range s.senders() {
				names = append(names, c.Name)
			}
			return names
		},
		Deadlines: func(ctx context.Context) (int, error) {
			if s.processes == nil {
				return 0, nil
			}
			return s.processes.Waiting(ctx)
		},
		Addresses: func() (api, internal string) {
			if address := s.address.Load(); address != nil {
				return *address, s.Internal()
			}
			return "", ""
		}})
	s.onClose(s.health.Close)
	return nil
}

// openPresent notes which files and folders of the engines there are.
func (s *Server) openPresent() (err error) {
	var paths []string
	if s.cfg.Store.Engine == "embedded" {
		paths = append(paths, s.cfg.path("log"))
	}
	if s.cfg.Vault.Engine == "sqlite" {
		paths = append(paths, s.cfg.path("vault"), s.cfg.path("vault", "vault.db"))
	}
	s.present, err = health.NewPresent(s.cfg.Data, paths...)
	return err
}
