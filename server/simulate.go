package server

import (
	"context"
	"errors"

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
		return simulateOverHTTP(ctx, r, in, progress)
	case !errors.Is(err, ErrNotRunning):
		return simulate.Summary{}, err
	}
	if cfg.MasterKey == "" {
		cfg.Dev = true // there is no other way to make or open such a ledger
	}
	if in.Direct {
		return simulateAlone(ctx, cfg, in, o, progress)
	}
	return simulateServing(ctx, cfg, in, o, progress)
}

// simulateServing runs a server for the time of a simulation.
func simulateServing(ctx context.Context, cfg Config, in operate.Simulation, o Options, progress func(operate.Progress)) (_ simulate.Summary, err error) {
	cfg.HTTP, cfg.HTTPDrain, cfg.Internal.HTTP = "127.0.0.1:0", 0, "" // nobody else is to come
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
	return simulateOverHTTP(ctx, r, in, progress)
}

// simulateOverHTTP plays through the API of a running server. Its limits are raised, and codes come, for as long as the
// connection to its socket stands.
func simulateOverHTTP(ctx context.Context, r *operate.Remote, in operate.Simulation, progress func(operate.Progress)) (simulate.Summary, error) {
	st, err := operate.ReadStatus.Run(ctx, r, operate.None{}, nil)
	if err != nil {
		return simulate.Summary{}, err
	}
	mail := simulate.NewMailroom()
	end, err := operate.BeginSimulation(ctx, r, mail.Deliver)
	if err != nil {
		return simulate.Summary{}, err
	}
	defer end()
	o := in.Options(operate.WorkersOverHTTP, progress)
	h, err := simulate.NewOverHTTP(ctx, "http://"+st.Address, o.Workers, mail)
	if err != nil {
		return simulate.Summary{}, err
	}
	return simulate.Run(ctx, o, simulate.Deps{Ledger: h, Operator: operate.SimulationOperator(r), Views: h.Views(), Latencies: h.Latencies})
}
