package server

import (
	"context"

	"accountledger/consumers"
	"accountledger/leases"
	leasepostgres "accountledger/leases/postgres"
	"accountledger/operate/fault"
	"accountledger/processes"
	"accountledger/projections"
	"accountledger/projections/runner"
)

// openLeases lets this process share work with others. They live beside the vault, which every command needs anyway: messages
// go on while the views' server is away, and one clock decides.
func (s *Server) openLeases(ctx context.Context) error {
	if !s.cfg.shared() {
		return nil
	}
	server, err := leasepostgres.Open(ctx, s.cfg.Vault.Postgres, leasepostgres.Options{Schema: s.cfg.Vault.Schema + leasesSuffix})
	if err != nil {
		return err
	}
	s.onClose(server.Close)
	s.leases = leases.New(server, leases.Options{})
	s.onClose(func() error {
		if err := s.leases.Close(); err != nil {
			s.log.Warn("what this process held could not be freed; others take it when its time is over", "cause", fault.Of(err).String())
		}
		return nil
	})
	return nil
}

// leasesSuffix makes the schema of the leases from that of the vault.
const leasesSuffix = "_leases"

// openConsumers opens the views, and, unless the process only answers requests, what works on them and all other consumers.
func (s *Server) openConsumers(ctx context.Context) error {
	if err := s.openViews(ctx); err != nil || s.cfg.Role == RoleAPI {
		return err
	}
	lasting := context.WithoutCancel(ctx)
	var err error
	s.processes, err = processes.Open(ctx, processes.Deps{Journal: s.journal, Menu: s.menu, Now: s.now, Log: s.log,
		Path: s.cfg.path("deadlines.db"), Leases: s.leases,
		Monotonic: s.monotonic, ClockJump: s.cfg.Erasure.ClockJump, TrustClock: s.ahead > 0,
		Fault: func(err error) { s.consumerTrouble(lasting, "processes", err) }})
	if err != nil {
		return err
	}
	s.onClose(s.processes.Close)
	if err := s.openNotifier(ctx); err != nil {
		return err
	}
	s.runner, err = consumers.New(consumers.Options{Journal: s.journal, Log: s.log, Now: s.now, Leases: s.leases,
		Trouble: func(consumer string, err error) { s.consumerTrouble(lasting, consumer, err) }}, s.consumers()...)
	return err
}

// consumers are all readers of the log that run in this process.
func (s *Server) consumers() []consumers.Consumer {
	if s.cfg.Role == RoleAPI {
		return nil
	}
	all := s.views.Consumers()
	if s.processes != nil {
		all = append(all, s.processes.Consumer())
	}
	return append(all, s.senders()...)
}

// senders is what sends messages.
func (s *Server) senders() []consumers.Consumer {
	switch {
	case s.notifier != nil:
		return []consumers.Consumer{s.notifier.Consumer()}
	case s.sender != nil:
		return []consumers.Consumer{s.sender.Consumer()}
	}
	return nil
}

func (s *Server) openViews(ctx context.Context) (err error) {
	s.budget = runner.NewBudget(s.cfg.fillMemory(), len(projections.All()))
	if s.engine, err = s.openViewsEngine(); err != nil {
		return err
	}
	s.onClose(s.engine.Close)
	s.views, err = runner.OpenViewsWith(ctx, runner.ViewsOptions{Engine: s.engine, Journal: s.journal, Log: s.log, Declarations: projections.All(),
		Partitions: s.partitions(), Leases: s.leases, Budget: s.budget})
	if err != nil {
		return err
	}
	s.onClose(s.views.Close)
	return nil
}

// partitions is by how many consumers the work on a view is shared.
func (s *Server) partitions() int {
	if s.leases == nil {
		return 1
	}
	return s.cfg.Views.Partitions
}

// conditions tells how each consumer is: of this process, or, where it has none, of those that work for it.
func (s *Server) conditions(ctx context.Context) ([]consumers.Status, error) {
	if s.runner == nil {
		return s.views.Status(ctx, s.now())
	}
	return s.runner.Status(ctx)
}

// runConsumers works until ctx ends.
func (s *Server) runConsumers(ctx context.Context) error {
	if s.runner == nil {
		return nil
	}
	return s.runner.Run(ctx)
}

// settle settles what is due until ctx ends.
func (s *Server) settle(ctx context.Context) error {
	if s.processes == nil {
		return nil
	}
	return s.processes.Run(ctx)
}

func (s *Server) closeConsumers() error {
	if s.runner == nil {
		return nil
	}
	return s.runner.Close()
}
