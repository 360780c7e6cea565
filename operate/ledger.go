package operate

import (
	"context"
	"io"
	"log/slog"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"accountledger/commands"
	"accountledger/consumers"
	"accountledger/eventstore"
	"accountledger/journal"
	"accountledger/leases"
	"accountledger/notify/mailbox"
	"accountledger/projections/runner"
	"accountledger/projections/view"
	"accountledger/replay/audit"
	"accountledger/replay/backup"
	"accountledger/vault"
)

// Ledger is an open ledger, as its wiring passes it to operations. Parts that this process does not have are nil.
type Ledger struct {
	// ReadOnly: only operations that read are carried out, and none is recorded.
	ReadOnly bool
	Version  string
	Data     string        // the data folder
	Keep     time.Duration // how long backups are kept
	Now      func() time.Time
	Logger   *slog.Logger

	Log     eventstore.Store
	Journal *journal.Journal
	Vault   vault.Vault
	Binder  vault.Binder
	Masters vault.Portable // the same vault, past what stands before it
	Keyring *vault.Keyring // the master keys it may use
	List    *backup.List   // of destructions
	Menu    *commands.Menu
	Mailbox *mailbox.Mailbox

	Engine     view.Engine
	Views      *runner.Views
	Runner     *consumers.Runner
	Budget     *runner.Budget // of filling views
	Leases     *leases.Keeper
	Partitions int  // by how many consumers the work on a view is shared
	Serving    bool // the runner is at work

	// Status describes the ledger; what cannot be read is named in it.
	Status func(ctx context.Context) Status
	// Clock is how the ledger's clock is seen.
	Clock func() ClockStatus
	// Unfit reports that this process appends no more.
	Unfit func() bool
	// Consumers are all that keep a checkpoint.
	Consumers func(ctx context.Context) ([]audit.Consumer, error)
	// Conditions is the state of each consumer.
	Conditions func(ctx context.Context) ([]consumers.Status, error)
	// Scratch opens an engine for views that are thrown away, in a folder.
	Scratch func(dir string) (view.Engine, error)
	// KeyOutside refuses the path of a master key that would go wherever the data folder does.
	KeyOutside func(path string) error
	// Rebuilding is called as rebuilds advance, until the returned function is.
	Rebuilding func(tell func(view string, done, total int64)) (watched func(view string, done, total int64), ended func())
	// SimulationMenu has cheap password hashes and limits of its own, over the same log and vault.
	SimulationMenu func(ctx context.Context) (*commands.Menu, error)
	// Query asks a view once it has come to from, for which it waits at most so long.
	Query func(ctx context.Context, view string, q view.Query, from journal.Position, wait time.Duration) (*view.Result, error)
	// Ended is called after each operation with its output or error; may be nil.
	Ended func(operation string, out any, err error)
}

// Console is where operations are carried out: a running server, or a ledger that was opened for one command.
type Console interface {
	// Call carries out an operation of the table. Only a Text operation writes to out: whole lines.
	Call(ctx context.Context, op Entry, in jsontext.Value, progress func(Progress), out io.Writer) (jsontext.Value, error)
	// Close frees the console.
	Close() error
}

// Operator is a user of the system who operates on a ledger that is open in this process. It is a Console.
type Operator struct {
	*Ledger
	UID    int
	Closer func() error // nil: closing the console leaves the ledger open
}

// Call implements Console.
func (o *Operator) Call(ctx context.Context, op Entry, in jsontext.Value, progress func(Progress), out io.Writer) (jsontext.Value, error) {
	return op.perform(ctx, o, in, progress, out)
}

// Close implements Console.
func (o *Operator) Close() error {
	if o.Closer == nil {
		return nil
	}
	return o.Closer()
}
