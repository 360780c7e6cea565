// Package server wires the ledger together: it is the only place that knows every adapter. The same Server is used
// by serve, by operators' commands when no server runs, and by tests.
package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"accountledger/commands"
	"accountledger/consumers"
	"accountledger/consumers/effects"
	"accountledger/domain"
	"accountledger/eventstore"
	"accountledger/eventstore/embedded"
	"accountledger/eventstore/esdb"
	"accountledger/journal"
	"accountledger/leases"
	"accountledger/notify"
	"accountledger/notify/mailbox"
	"accountledger/operate/fault"
	"accountledger/operate/folder"
	"accountledger/operate/health"
	"accountledger/passwords"
	"accountledger/processes"
	"accountledger/projections/runner"
	"accountledger/projections/view"
	"accountledger/replay/backup"
	"accountledger/replay/fit"
	"accountledger/vault"
)

// Options are what a program or a test decides, rather than an operator.
type Options struct {
	// LogTo takes the logs; nil: nowhere.
	LogTo io.Writer
	// Now is the clock; nil: the system's.
	Now func() time.Time
	// Monotonic is a clock that cannot be set, to compare Now with; nil: the system's.
	Monotonic func() time.Duration
	// Clock moves Now forward; only with dev.
	Clock time.Duration
	// Hashing are the parameters of new password hashes; zero: the product's. Tests use cheaper ones.
	Hashing passwords.Params
	// Accept is consent to start in spite of a refusal; zero: none.
	Accept fit.Accept
}

// Server is the whole ledger on one data folder. Open it, Run it or use its console, Close it.
type Server struct {
	cfg       Config
	now       func() time.Time
	monotonic func() time.Duration // nil: the system's
	ahead     time.Duration        // by which now is moved
	log       *slog.Logger
	closers   []func() error
	store     eventstore.Store
	vault     vault.Vault
	masters   vault.Portable // the same vault
	keyring   *vault.Keyring // the master keys it may use
	journal   *journal.Journal
	hasher    *passwords.Hasher
	menu      *commands.Menu
	country   func(string) domain.Region // of an address; nil where there is no database
	mailbox   *mailbox.Mailbox           // nil where a mail server is configured
	leases    *leases.Keeper             // nil where this process does all the work alone
	processes *processes.Processes       // nil in a process of the API
	notifier  *effects.Runtime           // nil where messages cannot be sent, or are sent by turns
	sending   *notify.Sending
	sender    *effects.Shared // sends messages while it is this process's turn; nil where there are no turns
	engine    view.Engine
	views     *runner.Views
	budget    *runner.Budget    // of filling views
	runner    *consumers.Runner // nil in a process of the API
	metrics   *prometheus.Registry
	health    *health.Process
	address   atomic.Pointer[string] // of the API, once it listens
	internal  atomic.Pointer[string] // address of the internal listener, once it listens
	draining  *health.Draining
	fenceWait time.Duration // SideOptions.FenceWait
	list      *backup.List  // of destructions; nil where none is kept
	desk      *fault.Desk
	present   *health.Present
	unfit     atomic.Pointer[error] // why this process appends no more
	work      work
	observed  *health.Vault  // the vault, before which it stands
	binder    vault.Binder   // the same vault
	bound     vault.Binding  // up to where the vault was bound by this process
	late      []string       // keys to destroy, which a crash left
	archive   bool           // the log is one, without a vault
	accepted  fit.Acceptable // what an operator consented to open in spite of a refusal
	// undo takes back what a first start made, once it failed: Close does so. unserved does, until the ledger is served.
	undo, unserved func() error
}

// Open opens everything and starts nothing. folder.ErrRunning when another process has the data folder, *fit.RefusedError when the parts of
// the ledger do not fit together.
func Open(ctx context.Context, cfg Config, o Options) (*Server, error) {
	if err := o.Accept.Validate(); err != nil {
		return nil, err
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if err := o.moveClock(cfg.Dev); err != nil {
		return nil, err
	}
	if o.LogTo == nil {
		o.LogTo = io.Discard
	}
	var err error
	if cfg.Data, err = filepath.Abs(cfg.Data); err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	if o.Accept.Kind != "" {
		if err := accept(ctx, cfg, o); err != nil {
			return nil, err
		}
	}
	return open(ctx, cfg, o)
}

func open(ctx context.Context, cfg Config, o Options) (_ *Server, err error) {
	s := &Server{cfg: cfg, now: o.Now, monotonic: o.Monotonic, ahead: o.Clock, log: logger(cfg.Log, o.LogTo), metrics: prometheus.NewRegistry(),
		undo: folder.Undo(cfg.Data)}
	defer func() {
		if err = fit.Vault(err); err != nil {
			if v, ok := s.masters.(interface{ Keep() }); ok {
				v.Keep()
			}
			err = errors.Join(err, s.Close())
		}
	}()
	for _, open := range []func(context.Context) error{s.openFaults, s.openFolder, s.checkLog, s.openLog, s.openVault, s.checkBinding, s.openDestructions,
		s.finishLate, s.observeVault, s.openHealth, s.openLeases} {
		if err := open(ctx); err != nil {
			return nil, err
		}
	}
	if err := s.openCommands(ctx, o); err != nil {
		return nil, err
	}
	if err := s.checkEffects(ctx); err != nil {
		return nil, err
	}
	if err := s.openConsumers(ctx); err != nil {
		return nil, err
	}
	if err := s.checkConsumers(ctx); err != nil {
		return nil, err
	}
	if err := s.openMetrics(); err != nil {
		return nil, err
	}
	if err := s.openPresent(); err != nil {
		return nil, err
	}
	if v, ok := s.masters.(interface {
		Cut(ctx context.Context) error
	}); ok {
		if err := v.Cut(ctx); errors.Is(err, vault.ErrCorrupt) {
			return nil, fit.Vault(err)
		} else if err != nil { // later writes try again
			s.log.Warn("what a crash left of the vault is still in its write-ahead log", "cause", fault.Of(err).String())
		}
	}
	s.onClose(func() error {
		ctx := context.WithoutCancel(ctx)
		if s.unfit.Load() != nil { // the next start is to see it
			return nil
		}
		err := s.stillFits(ctx)
		if err == nil {
			err = s.parts().Bind(ctx)
		}
		if err != nil { // the next start reads more of the log
			s.log.Warn("the vault could not record where the log is", "cause", fault.Of(err).String())
		}
		return nil
	})
	s.unserved, s.undo = s.undo, nil // a command that does not serve keeps what there is
	return s, nil
}

func (s *Server) onClose(c func() error) { s.closers = append(s.closers, c) }

// Close frees everything, the last opened first. Nothing acknowledged is lost even without it.
func (s *Server) Close() error {
	var errs []error
	for i := len(s.closers) - 1; i >= 0; i-- {
		errs = append(errs, s.closers[i]())
	}
	s.closers = nil
	if s.undo != nil {
		errs = append(errs, s.undo())
		s.undo = nil
	}
	return errors.Join(errs...)
}

func (s *Server) openLog(ctx context.Context) error {
	store, err := s.logStore()
	if err != nil {
		return fit.Log(err)
	}
	s.store = store
	s.onClose(store.Close)
	_, err = store.LogID(ctx) // a log that cannot be reached fails here, by name
	if f, ok := store.(eventstore.Fencer); ok && err == nil {
		var stands eventstore.Fence
		stands, err = f.Fenced(ctx)
		s.archive = stands.Reason == eventstore.FenceArchive
	}
	return fit.Log(err)
}

// logStore opens the log's engine.
func (s *Server) logStore() (eventstore.Store, error) {
	if s.cfg.Store.Engine == "esdb" {
		connection, err := s.cfg.Store.connection()
		if err != nil {
			return nil, err
		}
		return esdb.Open(esdb.Options{Connection: connection, Prefix: s.cfg.Store.Prefix, Names: domain.IsStream, Logger: s.log, FenceWait: s.fenceWait})
	}
	return embedded.Open(embedded.Options{Dir: s.cfg.path("log"), ReserveBytes: s.cfg.Store.Reserve, Logger: s.log,
		Witness: s.cfg.path(logWitness), NewHistory: s.accepted == fit.AcceptOlderLog})
}

func (s *Server) openCommands(ctx context.Context, o Options) error {
	p := s.cfg.Passwords
	checker, err := passwords.NewChecker(passwords.Policy{MinLength: p.MinLength, MinAlone: p.MinAlone, MaxLength: p.MaxLength, RequireMixed: p.RequireMixed,
		Breached: p.Breached,
		Words:    s.cfg.contextWords()})
	if err != nil {
		return err
	}
	s.onClose(checker.Close)
	if s.hasher, err = passwords.NewHasher(passwords.Options{Params: o.Hashing, Workers: p.Workers, Queue: p.Waiting}); err != nil {
		return err
	}
	if s.cfg.SMTP.Host == "" && (s.cfg.Dev || exists(s.cfg.path("mailbox"))) {
		if s.mailbox, err = mailbox.Open(s.cfg.path("mailbox")); err != nil {
			return err
		}
	}
	if s.country, err = s.openCountries(); err != nil {
		return err
	}
	config := commands.DefaultConfig()
	config.Grace, config.BackupKeep = s.cfg.Erasure.Grace, s.cfg.Backup.Keep
	config.Limits = s.cfg.Abuse.limits()
	if s.cfg.Abuse.Challenge == challengeOff {
		config.WorkBits = 0
	}
	config.RecoveryWait, config.Service = s.cfg.Recovery.Wait, s.cfg.Name
	config.Unusual = commands.UnusualSignIns(s.cfg.SignIns.Unusual)
	config.Controller = s.cfg.Controller.Description()
	s.menu, err = commands.New(ctx, commands.Deps{Journal: s.journal, Vault: s.vault, Checker: checker, Hasher: s.hasher, Now: s.now, Config: config,
		Log: s.log, Forget: s.forget, Country: s.country, Origin: s.origin, Limited: s.countLimited, Attempted: s.countAttempt})
	return err
}

// countLimited counts a request that was refused since there is no room for its message.
func (s *Server) countLimited(c domain.MessageClass) {
	if s.work.limited != nil { // with the server's own metrics
		s.work.limited.WithLabelValues(string(c)).Inc()
	}
}

// countAttempt counts an attempt against a limit.
func (s *Server) countAttempt(kind domain.AttemptKind, limited bool) {
	if s.work.attempts != nil {
		s.work.attempts.WithLabelValues(string(kind), strconv.FormatBool(limited)).Inc()
	}
}

// forget deletes what is kept about a person outside log and vault.
func (s *Server) forget(id domain.AccountID) error {
	if s.mailbox == nil {
		return nil
	}
	return s.mailbox.Forget(id)
}

// MessagesTo says where messages to people go.
func MessagesTo(c Config) string {
	switch {
	case c.SMTP.Host != "":
		return fmt.Sprintf("by e-mail, through %s:%d", c.SMTP.Host, c.SMTP.Port)
	case c.Role == RoleAPI:
		return "by the processes of the consumers"
	case c.Dev || exists(c.path("mailbox")):
		return "kept in a local mailbox, since no mail server is configured; the command mailbox shows them"
	default:
		return "nowhere: no mail server is configured"
	}
}
