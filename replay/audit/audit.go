// Package audit walks a ledger and checks that everything it holds is intact: the log's checksums, versions, times and envelopes, in
// order and stream by stream, the keys that it names, that what it records as destroyed is destroyed, every row of the vault,
// and whether consumers' checkpoints belong to the log. Since does for the end of a log what a start has time for.
package audit

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"accountledger/consumers"
	"accountledger/eventstore"
	"accountledger/journal"
	"accountledger/replay/transfer"
	"accountledger/vault"
)

// Where a fault can be.
const (
	InLog      = "log"
	InKeys     = "keys"
	InVault    = "vault"
	InConsumer = "consumer"
)

// Fault is something that is not intact. Only the fields that locate it are set. It holds no personal data.
type Fault struct {
	Where string `json:"where"`
	// File and Offset are where damaged bytes are; Offset is -1 if only the position is known.
	File   string `json:"file,omitzero"`
	Offset int64  `json:"offset,omitzero"`
	// Position, Stream and Version name an event.
	Position string `json:"position,omitzero"`
	Stream   string `json:"stream,omitzero"`
	Version  *int64 `json:"version,omitzero"`
	// Name is the name of a key, a secret or a consumer.
	Name   string `json:"name,omitzero"`
	Reason string `json:"reason"`
}

// Report is the result of a walk.
type Report struct {
	transfer.Digest
	// Newer counts events written by a newer program, by type; they are not faults.
	Newer map[string]int64
	// PassedOver counts unreadable events that an operator has told everything to skip.
	PassedOver int64
	// Keys counts the key names in the log that the vault has, KeysDestroyed those recorded as destroyed.
	Keys, KeysDestroyed int64
	Rows                transfer.Rows
	// Consumers are those whose checkpoint was checked, Remade those whose view is being or will be rebuilt.
	Consumers, Remade []string
	// Faults has the first fault of each part of the ledger; the part was not checked beyond it.
	Faults []Fault
}

// Consumer is a consumer whose checkpoint should belong to the log.
type Consumer struct {
	Name string
	// At returns its checkpoint, without starting it.
	At func(ctx context.Context) (eventstore.Checkpoint, error)
}

// Ledger is what to walk.
type Ledger struct {
	Log     eventstore.Store
	Journal *journal.Journal // over Log
	Vault   vault.Portable
	// Archive says that the ledger has no vault: keys are not checked.
	Archive   bool
	Consumers []Consumer
	// Before are logs whose history Log continues: a consumer with a checkpoint in one of them starts over when the ledger is served.
	Before []uuid.UUID
	Tell   transfer.Progress
	// StreamsAtOnce bounds the memory for the last versions of streams, in streams of about 60
	// bytes; 0 is four million. A log that may have more is read more than once.
	StreamsAtOnce int64

	newest time.Time // time of the log's events, set once it was walked
}

// Run walks everything. The error is for what could not be checked: ctx's, or an engine that cannot be reached.
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
	rows, err := transfer.CheckRows(ctx, l.Vault, l.Tell)
	r.Rows = rows
	var bad *transfer.RowError
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
		case errors.Is(err, consumers.ErrRebuilding):
			r.Remade = append(r.Remade, c.Name)
		case errors.As(err, &foreign) && slices.Contains(l.Before, foreign.Checkpoint.Log):
			r.Remade = append(r.Remade, c.Name)
		case errors.As(err, &foreign):
			r.fault(Fault{Where: InConsumer, Name: c.Name, Position: foreign.Checkpoint.Position.String(), Reason: foreign.Reason})
		case errors.Is(err, consumers.ErrUnusable):
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
	sum     uint64 // of what reading it by name returned and the walk has not met yet
}
