// Package audit walks a ledger and says whether all that it holds is whole: the log's checksums, versions, times and envelopes, in
// order and stream by stream, the keys that it names, that what it records as destroyed is destroyed, every row of the vault,
// and whether what consumers stand at fits the log. Since does for the end of a log what a start has time for.
package audit

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"accountledger/eventstore"
	"accountledger/journal"
	"accountledger/projections/runner"
	"accountledger/replay/carry"
	"accountledger/vault"
)

// Where a fault is.
const (
	InLog      = "log"
	InKeys     = "keys"
	InVault    = "vault"
	InConsumer = "consumer"
)

// Fault is something that is not whole. Only what names its place is set. It tells nothing personal.
type Fault struct {
	Where string `json:"where"`
	// File and Offset are where damaged bytes are; Offset is -1 when only the position is known.
	File   string `json:"file,omitzero"`
	Offset int64  `json:"offset,omitzero"`
	// Position, Stream and Version name an event.
	Position string `json:"position,omitzero"`
	Stream   string `json:"stream,omitzero"`
	Version  *int64 `json:"version,omitzero"`
	// Name is that of a key or secret, or a consumer.
	Name   string `json:"name,omitzero"`
	Reason string `json:"reason"`
}

// Report is what a walk found.
type Report struct {
	carry.Digest
	// Newer are the types of events that a newer program wrote, which is no fault.
	Newer map[string]int64
	// PassedOver are events that cannot be read and that an operator let everything go on past.
	PassedOver int64
	// Keys are the names of keys that the log holds and the vault too, KeysDestroyed those recorded as destroyed.
	Keys, KeysDestroyed int64
	Rows                carry.Rows
	// Consumers are those whose place was looked at, Remade those whose view is being made anew or will be.
	Consumers, Remade []string
	// Faults are the first of each part of the ledger: what comes behind it there was not looked at.
	Faults []Fault
}

// Consumer is one whose checkpoint is to fit the log.
type Consumer struct {
	Name string
	// At gives where it stands, without setting it to work.
	At func(ctx context.Context) (eventstore.Checkpoint, error)
}

// Ledger is what to walk.
type Ledger struct {
	Log     eventstore.Store
	Journal *journal.Journal // over Log
	Vault   vault.Carrier
	// Archive says that the ledger has no vault: keys are not looked for.
	Archive   bool
	Consumers []Consumer
	// Before are logs whose history Log goes on with: a consumer that stands in one of them begins again when the ledger is served.
	Before []uuid.UUID
	Tell   carry.Progress
	// StreamsAtOnce bounds the memory for the last versions of streams, in streams of about 60
	// bytes; 0 is four million. A log that may have more is read more than once.
	StreamsAtOnce int64

	newest time.Time // of the log's events, once it was walked
}

// Run walks all of it. The error is for what could not be looked at: ctx's, or an engine that cannot be reached.
func (l *Ledger) Run(ctx context.Context) (Report, error) {
	r := Report{Newer: map[string]int64{}}
	for _, walk := range []func(context.Context, *Report) error{l.walkLog, l.walkVault, l.walkClaims, l.walkConsumers} {
		if err := walk(ctx, &r); err != nil {
			return r, err
		}
	}
	return r, nil
}

func (r *Report) fault(f Fault) { r.Faults = append(r.Faults, f) }

func (l *Ledger) walkVault(ctx context.Context, r *Report) error {
	if l.Archive {
		return nil
	}
	rows, err := carry.CheckRows(ctx, l.Vault, l.Tell)
	r.Rows = rows
	var bad *carry.RowError
	switch {
	case errors.As(err, &bad):
		r.fault(Fault{Where: InVault, Name: bad.Name, Reason: err.Error()})
		return nil
	case errors.Is(err, vault.ErrCorrupt):
		r.fault(Fault{Where: InVault, Reason: err.Error()})
		return nil
	}
	return err
}

func (l *Ledger) walkConsumers(ctx context.Context, r *Report) error {
	for _, c := range l.Consumers {
		at, err := c.At(ctx)
		if err == nil {
			err = l.Journal.Fits(ctx, at)
		}
		var foreign *eventstore.ForeignCheckpointError
		switch {
		case err == nil:
			r.Consumers = append(r.Consumers, c.Name)
		case errors.Is(err, runner.ErrRebuilding):
			r.Remade = append(r.Remade, c.Name)
		case errors.As(err, &foreign) && slices.Contains(l.Before, foreign.Checkpoint.Log):
			r.Remade = append(r.Remade, c.Name)
		case errors.As(err, &foreign):
			r.fault(Fault{Where: InConsumer, Name: c.Name, Position: foreign.Checkpoint.Position.String(), Reason: foreign.Reason})
		case errors.Is(err, runner.ErrUnusable):
			r.fault(Fault{Where: InConsumer, Name: c.Name, Reason: err.Error()})
		default:
			return fmt.Errorf("%s: %w", c.Name, err)
		}
	}
	slices.Sort(r.Consumers)
	return nil
}

// lastOf is the last event of a stream that a walk has seen.
type lastOf struct {
	version int64
	at      time.Time
	sum     uint64 // what its reading by name has and the walk has not met yet
}
