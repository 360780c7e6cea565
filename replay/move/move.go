// Package move moves a ledger to other engines or another data folder: log and vault, by package transfer, the places of the consumers
// with effects outside, and what binds the parts. Both ends record what was done.
package move

import (
	"context"
	"errors"
	"fmt"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/eventstore"
	"accountledger/replay/fit"
	"accountledger/replay/transfer"
	"accountledger/replay/unfinished"
	"accountledger/vault"
)

// Moved is what a move did.
type Moved struct {
	From    string `json:"from"` // ids of the logs
	To      string `json:"to"`
	Events  int64  `json:"events"`
	Hash    string `json:"hash"`    // content hash of the history, the same in both logs
	Resumed int64  `json:"resumed"` // events that an earlier try had moved
	// Keys are those that the log names and the vault holds, KeysDestroyed those recorded as destroyed.
	Keys          int64 `json:"keys"`
	KeysDestroyed int64 `json:"keys_destroyed"`
	// Rows is how many keys, secrets, identifiers and tombstones were moved; 0 when both sides share one vault.
	Rows int64 `json:"rows"`
}

// End is the ledger at one end of a move, opened: nothing else works on the target, and nothing on the source whose engines only one
// process can open.
type End struct {
	Parts   *fit.Parts
	Vault   vault.Portable
	Folder  string
	Effects Effects
}

func (e *End) side() transfer.Side { return transfer.Side{Log: e.Parts.Log, Vault: e.Vault} }

// Move is one move, or one try of it.
type Move struct {
	From, To End
	// Menu opens the source's commands.
	Menu func(ctx context.Context) (*commands.Menu, error)
	// Fresh: the target's folder was made for this move, or for an earlier try.
	Fresh bool
	// Drain finishes work with effects outside before the fence; nil where others go on with it in the target.
	Drain func(ctx context.Context) error
	UID   int               // of the operator
	Tell  transfer.Progress // may be nil
}

// Run moves, and ends with the source fenced: it can be read, and takes nothing more. Broken off, it goes on when it is run again.
// Errors are those of transfer.Move; after one the source may be fenced.
func (m *Move) Run(ctx context.Context) (Moved, error) {
	if err := m.record(ctx, domain.OpReplayMove); err != nil && !errors.Is(err, eventstore.ErrFenced) {
		return Moved{}, fmt.Errorf("source: %w", err)
	}
	if m.Fresh {
		if err := (unfinished.Mark{Command: unfinished.Move}).Save(m.To.Folder); err != nil {
			return Moved{}, fmt.Errorf("target: %w", err)
		}
	}
	var places []Place
	t := transfer.Move{From: m.From.side(), To: m.To.side(), Drain: m.Drain, Tell: m.Tell,
		Marks: func(ctx context.Context) (marks []eventstore.Checkpoint, err error) {
			places, err = m.From.Effects.Places(ctx)
			for _, p := range places {
				marks = append(marks, p.At)
			}
			return marks, err
		}}
	done, err := t.Run(ctx)
	moved := Moved{From: done.From.String(), To: done.To.String(), Events: done.Events, Hash: done.String(), Resumed: done.Resumed,
		Keys: done.Keys, KeysDestroyed: done.KeysDestroyed, Rows: done.Vault.All()}
	if err != nil {
		return moved, err
	}
	for i, p := range places {
		if p.At = done.Places[i]; p.At.IsZero() {
			continue
		}
		if err := m.To.Effects.Set(ctx, p); err != nil {
			return moved, fmt.Errorf("target: %s: %w", p.Consumer, err)
		}
	}
	if err := m.To.Parts.BindAfter(ctx, done.From); err != nil {
		return moved, fmt.Errorf("target: %w", err)
	}
	return moved, unfinished.Clear(m.To.Folder)
}

// Abandon opens the source of a move again, unless the target has been served from. The target cannot be used any more.
func (m *Move) Abandon(ctx context.Context) error {
	err := transfer.Abandon(ctx, m.From.side(), m.To.side())
	if err == nil {
		err = m.From.Parts.Bind(ctx)
	}
	if err == nil {
		err = m.record(ctx, domain.OpReplayAbandon)
	}
	return err
}

// record writes the operator's command into the source's log, unless it is fenced.
func (m *Move) record(ctx context.Context, op domain.Operation) error {
	f, ok := m.From.Parts.Log.(eventstore.Fencer)
	if !ok {
		return transfer.ErrNoFence
	}
	if stands, err := f.Fenced(ctx); err != nil || !stands.IsZero() {
		return errors.Join(err, eventstore.ErrFenced)
	}
	menu, err := m.Menu(ctx)
	if err != nil {
		return err
	}
	_, err = menu.Operate(ctx, commands.Request{Caller: domain.Operator(m.UID), Channel: domain.ChannelConsole, Operation: string(op)},
		commands.Operate{Operation: op})
	return err
}
