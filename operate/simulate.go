package operate

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"sync"
	"time"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/simulate"
)

// Simulate plays a population in the server's process, by the same commands and without HTTP.
var Simulate = &Operation[Simulation, simulate.Summary]{
	Info: Info{Name: "simulate", Progress: true, Stops: context.Canceled},
	do: func(ctx context.Context, c *call, in Simulation) (simulate.Summary, error) {
		return c.SimulateDirect(ctx, c.uid, in.Options(WorkersDirect, c.progress), liveViews{c.Ledger})
	},
}

// Simulation is a population to play.
type Simulation struct {
	Accounts int    `json:"accounts"`
	Seed     uint64 `json:"seed"`
	// Days is the length of a history on a new ledger, in days; 0: simulate.DefaultDays.
	Days int `json:"days"`
	// Workers is how many people act at once; 0: as many as work best.
	Workers int `json:"workers"`
	// Direct plays by the same commands in process, without HTTP, and hashes passwords at next to no cost.
	Direct bool `json:"direct"`
}

// How many people act at once by default: over HTTP each of them waits for password hashes; in process they wait for the disk, which
// serves many at once.
const (
	WorkersOverHTTP = 16
	WorkersDirect   = 512
)

// ErrSimulateMail: simulated people have no mailboxes, and no real mail server should get messages to them.
var ErrSimulateMail = errors.New("simulate needs a ledger with a local mailbox (serve --dev without a mail server): here a mail server is configured, and " +
	"simulated people's messages must not reach it")

// Options are those of a run.
func (in Simulation) Options(workers int, progress func(Progress)) simulate.Options {
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

// SimulateDirect plays by commands of a menu of its own over the same log and vault, as another process would: with cheap password
// hashes and raised limits, while the server's own menu stays as it is. The raised limits are recorded.
func (l *Ledger) SimulateDirect(ctx context.Context, uid int, opts simulate.Options, views simulate.Views) (simulate.Summary, error) {
	if l.Mailbox == nil {
		return simulate.Summary{}, ErrSimulateMail
	}
	menu, err := l.SimulationMenu(ctx)
	if err != nil {
		return simulate.Summary{}, err
	}
	restore, err := l.raiseLimits(ctx, menu, uid)
	if err != nil {
		return simulate.Summary{}, err
	}
	defer restore()
	d, err := simulate.NewDirect(ctx, menu)
	if err != nil {
		return simulate.Summary{}, err
	}
	return simulate.Run(ctx, opts, simulate.Deps{Ledger: d, Settler: d, Operator: SimulationOperator(&Operator{Ledger: l, UID: uid}), Views: views})
}

// restorePatience is how long recording the end of raised limits may take.
const restorePatience = 20 * time.Second

// raiseLimits puts the simulation's limits in force on a menu until restore is called. Both are recorded.
func (l *Ledger) raiseLimits(ctx context.Context, menu *commands.Menu, uid int) (restore func(), err error) {
	profile := commands.RaiseLimits{Profile: domain.LimitsSimulation}
	if _, err := menu.RaiseLimits(ctx, OperatorRequest(uid, "raiseLimits", domain.EventID{}), profile); err != nil {
		return nil, err
	}
	return func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), restorePatience)
		defer cancel()
		if _, err := menu.RestoreLimits(ctx, OperatorRequest(uid, "restoreLimits", domain.EventID{}), profile); err != nil {
			l.Logger.Warn("the ordinary limits are in force again, but that could not be recorded", "error", err.Error())
		}
	}, nil
}

// SimulationOperator does on a console what a population needs.
func SimulationOperator(c Console) simulate.Operator { return simulationOperator{c} }

type simulationOperator struct{ console Console }

// AddService implements simulate.Operator.
func (p simulationOperator) AddService(ctx context.Context, name string, allowed []domain.Allowance) (string, error) {
	in := ServiceAdd{Name: name}
	for _, a := range allowed {
		in.Allow = append(in.Allow, string(a.Permission)+":"+string(a.Purpose))
	}
	out, err := AddService.Run(ctx, p.console, in, nil)
	return out.Key, err
}

// AddOfficer implements simulate.Operator.
func (p simulationOperator) AddOfficer(ctx context.Context, email string) (string, error) {
	out, err := AddStaff.Run(ctx, p.console, StaffAdd{Email: email, Role: string(domain.RoleCompliance)}, nil)
	return out.Code, err
}
