package server

import (
	"context"
	"errors"
	"os"
	"time"

	"accountledger/commands"
	"accountledger/journal"
	"accountledger/operate"
	"accountledger/operate/folder"
	"accountledger/passwords"
	viewsqlite "accountledger/projections/sqlite"
	"accountledger/projections/view"
	"accountledger/simulate"
)

// OpenConsole connects to the running server, or opens the ledger without listeners and consumers. ErrNoLedger where there is none,
// folder.ErrRunning while another process has the folder and answers no commands.
func OpenConsole(ctx context.Context, cfg Config) (operate.Console, error) {
	r, err := dial(ctx, &cfg)
	if err == nil {
		return r, nil
	}
	if !errors.Is(err, ErrNotRunning) {
		return nil, err
	}
	if !folder.WasHeld(cfg.Data) {
		return nil, noLedger(&cfg)
	}
	s, err := Open(ctx, cfg, Options{})
	if err != nil {
		return nil, err
	}
	return &operate.Operator{Ledger: s.ledger(), UID: os.Getuid(), Closer: s.Close}, nil
}

// ledger is the server as operations see it.
func (s *Server) ledger() *operate.Ledger {
	l := &operate.Ledger{Version: Version(), Data: s.cfg.Data, Keep: s.cfg.Backup.Keep, Now: s.now, Logger: s.log,
		Log: s.store, Journal: s.journal, Vault: s.vault, Binder: s.binder, Masters: s.masters, Keyring: s.keyring, List: s.list, Menu: s.menu, Mailbox: s.mailbox,
		Engine: s.engine, Views: s.views, Runner: s.runner, Budget: s.budget, Leases: s.leases, Partitions: s.partitions(), Serving: s.address.Load() != nil,
		Status: s.health.Status, Clock: s.clockStatus, Consumers: s.standing, Conditions: s.conditions, Rebuilding: s.watchRebuild,
		Unfit:          func() bool { return s.unfit.Load() != nil },
		KeyOutside:     func(path string) error { return outside(&s.cfg, path) },
		SimulationMenu: s.simulationMenu,
		Query: func(ctx context.Context, name string, q view.Query, from journal.Position, wait time.Duration) (*view.Result, error) {
			r, _, err := s.Query(ctx, name, q, from, wait)
			return r, err
		},
		Scratch: func(dir string) (view.Engine, error) {
			return viewsqlite.NewWith(dir, viewsqlite.Options{FillMemory: s.budget.EngineShare()})
		}}
	if s.work.commands != nil {
		l.Ended = s.commanded
	}
	return l
}

// simulationMenu has cheap password hashes.
func (s *Server) simulationMenu(ctx context.Context) (*commands.Menu, error) {
	checker, err := passwords.NewChecker(passwords.Policy{})
	if err != nil {
		return nil, err
	}
	hasher, err := passwords.NewHasher(passwords.Options{Params: simulate.CheapHashing(), Queue: 1 << 16})
	if err != nil {
		return nil, err
	}
	config := commands.DefaultConfig()
	config.RecoveryWait, config.Service = s.cfg.Recovery.Wait, s.cfg.Name
	config.Grace, config.Unusual = s.cfg.Erasure.Grace, commands.UnusualSignIns(s.cfg.SignIns.Unusual)
	return commands.New(ctx, commands.Deps{Journal: s.journal, Vault: s.vault, Checker: checker, Hasher: hasher, Now: s.now, Config: config,
		Log: s.log, Forget: s.forget, Country: s.country})
}
