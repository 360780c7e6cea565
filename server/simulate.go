package server

import (
	"context"
	"errors"
	"os"

	"accountledger/operate"
	"accountledger/simulate"
)

// Simulate plays a population on the ledger of a configuration: on the running server, or, when none runs, on one that it
// opens for the time, making the ledger if there is none. The error is simulate.ErrDiffers when something came out other than
// played; then, too, the summary tells what.
func Simulate(ctx context.Context, cfg Config, in operate.Simulation, o Options, progress func(operate.Progress)) (simulate.Summary, error) {
	if cfg.SMTP.Host != "" {
		return simulate.Summary{}, operate.ErrSimulateMail
	}
	r, err := dial(ctx, &cfg)
	switch {
	case err == nil:
		defer func() { _ = r.Close() }()
		if in.Direct {
			return operate.Simulate.Run(ctx, r, in, progress)
		}
		return operate.SimulateOverHTTP(ctx, r, in, progress)
	case !errors.Is(err, ErrNotRunning):
		return simulate.Summary{}, err
	}
	if cfg.MasterKey == "" {
		cfg.Dev = true // there is no other way to make or open such a ledger
		if cfg.Controller == (ControllerConfig{}) {
			cfg.Controller = exampleController()
		}
	}
	if err := cfg.HasController(); err != nil {
		return simulate.Summary{}, err
	}
	if in.Direct {
		return simulateAlone(ctx, cfg, in, o, progress)
	}
	return simulateServing(ctx, cfg, in, o, progress)
}

// simulateServing runs a server for the time of a simulation.
func simulateServing(ctx context.Context, cfg Config, in operate.Simulation, o Options, progress func(operate.Progress)) (_ simulate.Summary, err error) {
	cfg.HTTP, cfg.HTTPDrain, cfg.Internal.HTTP, cfg.TLS = "127.0.0.1:0", 0, "", TLSConfig{} // nobody else is to come
	s, err := Open(ctx, cfg, o)
	if err != nil {
		return simulate.Summary{}, err
	}
	serving, stop := context.WithCancel(context.WithoutCancel(ctx))
	started, ended := make(chan struct{}), make(chan error, 1)
	go func() { ended <- s.Run(serving, func(string) { close(started) }) }()
	defer func() {
		stop()
		err = errors.Join(err, <-ended, s.Close())
	}()
	select {
	case <-started:
	case err := <-ended:
		ended <- nil
		return simulate.Summary{}, err
	}
	r, err := dial(ctx, &cfg)
	if err != nil {
		return simulate.Summary{}, err
	}
	defer func() { _ = r.Close() }()
	return operate.SimulateOverHTTP(ctx, r, in, progress)
}

// simulateAlone opens a ledger that nobody serves for the time of a simulation in process.
func simulateAlone(ctx context.Context, cfg Config, in operate.Simulation, o Options, progress func(operate.Progress)) (_ simulate.Summary, err error) {
	opts := in.Options(operate.WorkersDirect, progress)
	if err := opts.Check(); err != nil {
		return simulate.Summary{}, err
	}
	clock := &simulate.Clock{}
	o.Now = clock.Now
	s, err := Open(ctx, cfg, o)
	if err != nil {
		return simulate.Summary{}, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	out, err := s.ledger().SimulateAlone(ctx, os.Getuid(), opts, clock, s.publish)
	if err == nil && s.notifier != nil { // nobody waits for a message
		err = s.notifier.Recover(ctx, nil)
	}
	return out, err
}
