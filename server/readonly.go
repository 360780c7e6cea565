package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sys/unix"

	"accountledger/consumers"
	"accountledger/eventstore"
	"accountledger/eventstore/embedded"
	"accountledger/journal"
	"accountledger/operate"
	"accountledger/operate/folder"
	"accountledger/processes"
	"accountledger/projections"
	"accountledger/projections/runner"
	viewsqlite "accountledger/projections/sqlite"
	"accountledger/projections/view"
	"accountledger/replay/backup"
	"accountledger/replay/fit"
	"accountledger/replay/unfinished"
	"accountledger/vault"
	"accountledger/vault/postgres"
	vaultsqlite "accountledger/vault/sqlite"
)

// OpenReading finds the running server, or opens the ledger in the data folder so that it is read and left as it is: no file is
// made or changed and nothing is appended, and the folder may be mounted read-only. What a crash left behind is read as it lies there.
// Any number of commands may do so at once. folder.ErrRunning while a server, or a command that changes something, has the folder.
//
// Parts that are kept by a server of another make (EventStoreDB, PostgreSQL, Elasticsearch) are opened as they are for serving.
func OpenReading(ctx context.Context, cfg Config) (operate.Console, error) {
	r, err := dial(ctx, &cfg)
	if err == nil {
		return r, nil
	}
	if !errors.Is(err, ErrNotRunning) {
		return nil, err
	}
	s, err := openReading(ctx, cfg)
	if err != nil {
		return nil, err
	}
	return s.readingConsole(), nil
}

// readingConsole carries out operations that only read, and records none.
func (s *Server) readingConsole() *operate.Operator {
	l := s.ledger()
	l.ReadOnly, l.Ended = true, nil
	return &operate.Operator{Ledger: l, UID: os.Getuid(), Closer: s.Close}
}

// OpenExport opens what an export is read from. An export is recorded in the log; where that cannot be, unrecorded says why: on a folder
// that cannot be written to, or of a log that is fenced, it goes without, and changes nothing.
func OpenExport(ctx context.Context, cfg Config) (from operate.Console, unrecorded string, err error) {
	r, err := dial(ctx, &cfg)
	if err == nil {
		return r, "", nil
	}
	if !errors.Is(err, ErrNotRunning) {
		return nil, "", err
	}
	s, err := openReading(ctx, cfg)
	if err != nil {
		return nil, "", err
	}
	if fence := operate.FenceOf(ctx, s.store); fence != "" {
		return s.readingConsole(), "the log takes no appends: " + fence, nil
	}
	if !writable(&s.cfg) {
		return s.readingConsole(), "the data folder cannot be written to", nil
	}
	if err := s.Close(); err != nil {
		return nil, "", err
	}
	con, err := OpenConsole(ctx, cfg)
	return con, "", err
}

// writable says whether this process may write to the data folder and what lies in it.
func writable(c *Config) bool {
	for _, path := range []string{c.Data, c.path("log"), c.path("vault")} {
		if err := unix.Access(path, unix.W_OK); err != nil && !errors.Is(err, unix.ENOENT) {
			return false
		}
	}
	return true
}

// openReading opens everything for reading, and nothing that only serving needs: no commands, no mailbox, no messages.
func openReading(ctx context.Context, cfg Config) (_ *Server, err error) {
	if cfg.Data, err = filepath.Abs(cfg.Data); err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	if !folder.WasHeld(cfg.Data) && !exists(cfg.path("log")) {
		return nil, noLedger(&cfg)
	}
	s := &Server{cfg: cfg, now: time.Now, log: logger(cfg.Log, io.Discard), metrics: prometheus.NewRegistry()}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	for _, open := range []func(context.Context) error{s.openFaults, s.shareFolder, s.checkLog, s.readLog, s.readVault, s.readBinding, s.readDestructions,
		s.observeVault, s.openHealth, s.openLeases, s.readConsumers} {
		if err := open(ctx); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// ErrNoLedger: the data folder holds no ledger.
var ErrNoLedger = errors.New("there is no ledger here")

func noLedger(c *Config) error {
	return fmt.Errorf("%w, in %s: start one with accountledger serve, or name its folder with --data", ErrNoLedger, c.Data)
}

// shareFolder keeps everybody away who would change the data folder, and makes nothing there.
func (s *Server) shareFolder(context.Context) error {
	f, err := folder.Share(s.cfg.Data)
	if err != nil {
		return err
	}
	s.onClose(f.Close)
	return unfinished.Refuse(s.cfg.Data)
}

func (s *Server) readLog(ctx context.Context) error {
	if s.cfg.Store.Engine == "esdb" {
		return s.openLog(ctx)
	}
	log, err := embedded.OpenReadOnly(embedded.Options{Dir: s.cfg.path("log"), ReserveBytes: s.cfg.Store.Reserve, Logger: s.log, Witness: s.cfg.path(logWitness)})
	if errors.Is(err, embedded.ErrMissing) {
		return fmt.Errorf("%w: %w", noLedger(&s.cfg), err)
	} else if err != nil {
		return fit.Log(err)
	}
	s.store = log
	s.onClose(log.Close)
	stands, err := log.Fenced(ctx)
	s.archive = stands.Reason == eventstore.FenceArchive
	return err
}

func (s *Server) readVault(ctx context.Context) error {
	if err := s.needVault(ctx); err != nil {
		return err
	}
	if err := s.readVaultEngine(ctx, false); err != nil {
		return fit.Vault(err)
	}
	return s.openJournal()
}

// readVaultEngine opens the vault for reading, even where its last transactions are missing if behind says so.
func (s *Server) readVaultEngine(ctx context.Context, behind bool) error {
	files, err := keyFiles(&s.cfg)
	if err != nil {
		return err
	}
	if s.keyring, err = vault.OpenKeyring(files); err != nil {
		return err
	}
	witness := s.cfg.path(vaultWitness)
	if s.cfg.Vault.Engine == "postgres" {
		s.masters, err = s.openPostgres(ctx, s.keyring, postgres.Options{Witness: witness, Behind: behind, Reading: true})
	} else {
		s.masters, err = vaultsqlite.OpenReadOnly(ctx, s.cfg.path("vault"), s.keyring, vaultsqlite.Options{Witness: witness, Behind: behind})
	}
	if err != nil {
		return err
	}
	s.vault, s.binder = s.masters, s.masters
	s.onClose(s.vault.Close)
	return nil
}

// readBinding compares vault and log, as a start does, and binds nothing.
func (s *Server) readBinding(ctx context.Context) (err error) {
	s.late, err = s.parts().Read(ctx)
	return err
}

// readDestructions looks at the list of destructions, where there is one.
func (s *Server) readDestructions(ctx context.Context) error {
	if s.cfg.Backup.List == "" {
		return nil
	}
	key, err := s.vault.Key(ctx, backup.KeyName)
	if errors.Is(err, vault.ErrNotFound) { // so nothing was ever signed with it
		return nil
	} else if err != nil {
		return fmt.Errorf("the key of the list of destructions: %w", err)
	}
	head, err := s.cfg.headPath(key)
	if err != nil {
		return err
	}
	if s.list, err = backup.LookAtList(s.cfg.Backup.List, head, key); err != nil {
		return fmt.Errorf("backup.list: %w", err)
	}
	return nil
}

func (s *Server) readConsumers(ctx context.Context) (err error) {
	if s.engine, err = s.readViewsEngine(); err != nil {
		return err
	}
	s.onClose(s.engine.Close)
	s.views, err = runner.OpenViewsWith(ctx, runner.ViewsOptions{Engine: s.engine, Journal: s.journal, Log: s.log, Declarations: projections.All(),
		Partitions: s.partitions(), Leases: s.leases, ReadOnly: true})
	if err != nil {
		return err
	}
	s.onClose(s.views.Close)
	if s.cfg.Role == RoleAPI {
		return nil
	}
	s.processes, err = processes.Open(ctx, processes.Deps{Journal: s.journal, Now: s.now, Log: s.log, Path: s.cfg.path("deadlines.db"), ReadOnly: true})
	if err != nil {
		return err
	}
	s.onClose(s.processes.Close)
	all := s.consumers()
	if s.cfg.SMTP.Host != "" || s.cfg.Dev || exists(s.cfg.path("mailbox")) {
		all = append(all, resting("notify"))
	}
	s.runner, err = consumers.New(consumers.Options{Journal: s.journal, Log: s.log, Now: s.now, Leases: s.leases}, all...)
	return err
}

func (s *Server) readViewsEngine() (view.Engine, error) {
	if s.cfg.Views.Engine == "elasticsearch" {
		return s.openViewsEngine()
	}
	return viewsqlite.NewReadOnly(s.cfg.path("views")), nil
}

// resting is a consumer that is named and never set to work.
func resting(name string) consumers.Consumer {
	return consumers.Consumer{Name: name,
		Checkpoint: func(context.Context) (journal.Checkpoint, error) { return journal.Checkpoint{}, nil },
		Handle:     func(context.Context, journal.Page) error { return eventstore.ErrReadOnly }}
}
