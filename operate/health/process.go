// Package health says how a process of the ledger is: whether it can append and read, and what operators see in its status. What keeps
// it from that is noted with its cause.
package health

import (
	"context"
	"log/slog"

	"accountledger/notify"
	"accountledger/operate"
	"accountledger/operate/fault"
)

// Process is a process of the ledger. It must be closed.
type Process struct {
	Deps
	looks looks
}

// Deps is what a process consists of, all of it.
type Deps struct {
	// Ledger is the open ledger. It is asked each time, for parts are put in front of others while it is opened.
	Ledger func() *operate.Ledger
	// Vault is asked past what is in memory.
	Vault *Vault
	Desk  *fault.Desk
	Log   *slog.Logger
	// Draining begins when the process is asked to stop.
	Draining *Draining
	// Unfit is why this process appends no more; nil when it does.
	Unfit func() error
	// Senders are the consumers by which this process sends messages.
	Senders func() []string
	// Deadlines counts the sign-ups and erasures that wait for their time, as far as this process knows.
	Deadlines func(ctx context.Context) (int, error)
	// Archive: the log came without its vault.
	Archive bool
	// Messages says where messages to people go.
	Messages string
	// Sending counts what became of messages; nil in a process that sends none.
	Sending *notify.Sending
	// Addresses are those of the API and the internal listener once the process serves.
	Addresses func() (api, internal string)
}

// New makes a process's health. Parts may still be opened: nothing is asked before the first call.
func New(d Deps) *Process {
	p := &Process{Deps: d}
	p.looks.life, p.looks.end = context.WithCancel(context.Background())
	return p
}

// Close ends the look under way.
func (p *Process) Close() error {
	p.looks.close()
	return nil
}

func (r *looks) close() {
	r.mu.Lock()
	r.end() // under the lock, so that no look begins after it
	r.mu.Unlock()
	r.work.Wait()
}
