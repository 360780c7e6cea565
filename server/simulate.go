package server

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"sync"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/passwords"
	"accountledger/simulate"
)

// Simulation is a population to play.
type Simulation struct {
	Accounts int    `json:"accounts"`
	Seed     uint64 `json:"seed"`
	// Days is how many days a history spreads over that is played on a new ledger; 0: simulate.DefaultDays.
	Days int `json:"days"`
	// Workers is how many people act at once; 0: as many as serve best.
	Workers int `json:"workers"`
	// Direct plays by the same commands in process, without HTTP, and hashes passwords at next to no cost.
	Direct bool `json:"direct"`
}

// How many people act at once where nobody says: over HTTP every one of them waits for password hashes; in process they wait
// for the disk, which serves many at once.
const (
	workersOverHTTP = 16
	workersDirect   = 512
)

// ErrSimulateMail: simulated people have no mailboxes, and a real mail server is not to be bothered with messages to them.
var ErrSimulateMail = errors.New("simulate needs a ledger with a local mailbox (serve --dev without a mail server): here a mail server is configured, and simulated people's messages must not reach it")

// Simulate plays a population on the ledger of a configuration: on the running server, or, when none runs, on one that it
// opens for the time, making the ledger if there is none. The error is simulate.ErrDiffers when something came out other than
// played; then, too, the summary tells what.
func Simulate(ctx context.Context, cfg Config, in Simulation, o Options, progress func(Progress)) (simulate.Summary, error) {
	if cfg.SMTP.Host != "" {
		return simulate.Summary{}, ErrSimulateMail
	}
	r, err := dial(ctx, &cfg)
	switch {
	case err == nil:
		defer func() { _ = r.Close() }()
		if in.Direct {
			return ask[simulate.Summary](ctx, r, "simulate", in, progress)
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
func simulateServing(ctx context.Context, cfg Config, in Simulation, o Options, progress func(Progress)) (_ simulate.Summary, err error) {
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
func simulateOverHTTP(ctx context.Context, r *remote, in Simulation, progress func(Progress)) (simulate.Summary, error) {
	st, err := r.Status(ctx)
	if err != nil {
		return simulate.Summary{}, err
	}
	mail := simulate.NewMailroom()
	end, err := r.simulation(ctx, mail.Deliver)
	if err != nil {
		return simulate.Summary{}, err
	}
	defer end()
	o := in.options(workersOverHTTP, progress)
	h, err := simulate.NewOverHTTP(ctx, "http://"+st.Address, o.Workers, mail)
	if err != nil {
		return simulate.Summary{}, err
	}
	return simulate.Run(ctx, o, simulate.Deps{Ledger: h, Operator: simulateOperator{r}, Views: h.Views(), Latencies: h.Latencies})
}

// Simulate plays in this process, beside what the server does.
func (o operator) Simulate(ctx context.Context, in Simulation, progress func(Progress)) (simulate.Summary, error) {
	return o.simulateDirect(ctx, in.options(workersDirect, progress), liveViews{o.Server})
}

// simulateDirect plays by commands of a menu of its own over the same log and vault, as another process would have it: with
// cheap password hashes and raised limits, while the server's own menu stays as it is.
func (o operator) simulateDirect(ctx context.Context, opts simulate.Options, views simulate.Views) (simulate.Summary, error) {
	if o.mailbox == nil {
		return simulate.Summary{}, ErrSimulateMail
	}
	if _, err := o.record(ctx, domain.OpSimulate); err != nil {
		return simulate.Summary{}, err
	}
	menu, err := o.simulateMenu(ctx)
	if err != nil {
		return simulate.Summary{}, err
	}
	restore, err := o.raiseLimits(ctx, menu)
	if err != nil {
		return simulate.Summary{}, err
	}
	defer restore()
	d, err := simulate.NewDirect(ctx, menu)
	if err != nil {
		return simulate.Summary{}, err
	}
	return simulate.Run(ctx, opts, simulate.Deps{Ledger: d, Settler: d, Operator: simulateOperator{o}, Views: views})
}

func (o operator) simulateMenu(ctx context.Context) (*commands.Menu, error) {
	checker, err := passwords.NewChecker(passwords.Policy{})
	if err != nil {
		return nil, err
	}
	hasher, err := passwords.NewHasher(passwords.Options{Params: simulate.CheapHashing(), Queue: 1 << 16})
	if err != nil {
		return nil, err
	}
	config := commands.DefaultConfig()
	config.Grace = o.cfg.Erasure.Grace
	return commands.New(ctx, commands.Deps{Journal: o.journal, Vault: o.vault, Checker: checker, Hasher: hasher, Now: o.now, Config: config,
		Log: o.log, Forget: o.forget})
}

// raiseLimits puts the simulation's limits in force on a menu until restore is called. Both are recorded.
func (o operator) raiseLimits(ctx context.Context, menu *commands.Menu) (restore func(), err error) {
	profile := commands.RaiseLimits{Profile: domain.LimitsSimulation}
	if _, err := menu.RaiseLimits(ctx, o.request("raiseLimits", domain.EventID{}), profile); err != nil {
		return nil, err
	}
	return func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
		defer cancel()
		if _, err := menu.RestoreLimits(ctx, o.request("restoreLimits", domain.EventID{}), profile); err != nil {
			o.log.Warn("the ordinary limits hold again, but that could not be recorded", "error", err.Error())
		}
	}, nil
}

// options are those of a run.
func (in Simulation) options(workers int, progress func(Progress)) simulate.Options {
	if in.Workers > 0 {
		workers = in.Workers
	}
	o := simulate.Options{Accounts: in.Accounts, Seed: in.Seed, Days: in.Days, Workers: workers, Tag: strings.ToLower(rand.Text()[:8])}
	if progress != nil {
		var mu sync.Mutex // many come at once
		o.Progress = func(done, total int) {
			mu.Lock()
			defer mu.Unlock()
			progress(Progress{View: "playing", Done: int64(done), Total: int64(total), Unit: "people"})
		}
	}
	return o
}

// simulateOperator does on the machine what a population needs.
type simulateOperator struct {
	console interface {
		StaffAdd(ctx context.Context, in StaffAdd) (StaffAdded, error)
		ServiceAdd(ctx context.Context, in ServiceAdd) (ServiceAdded, error)
	}
}

// AddService implements simulate.Operator.
func (p simulateOperator) AddService(ctx context.Context, name string, allowed []domain.Allowance) (string, error) {
	in := ServiceAdd{Name: name}
	for _, a := range allowed {
		in.Allow = append(in.Allow, string(a.Permission)+":"+string(a.Purpose))
	}
	out, err := p.console.ServiceAdd(ctx, in)
	return out.Key, err
}

// AddOfficer implements simulate.Operator.
func (p simulateOperator) AddOfficer(ctx context.Context, email string) (string, error) {
	out, err := p.console.StaffAdd(ctx, StaffAdd{Email: email, Role: string(domain.RoleCompliance)})
	return out.Code, err
}
