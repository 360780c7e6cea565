package server

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"accountledger/domain"
	"accountledger/eventstore"
	"accountledger/operate"
	"accountledger/replay/transfer"
)

// Moved is what a move did.
type Moved struct {
	From    string `json:"from"` // ids of the logs
	To      string `json:"to"`
	Events  int64  `json:"events"`
	Hash    string `json:"hash"`    // content hash of the history, the same in both logs
	Resumed int64  `json:"resumed"` // events that an earlier try had carried
	// Keys are those that the log names and the vault holds, KeysDestroyed those recorded as destroyed.
	Keys          int64 `json:"keys"`
	KeysDestroyed int64 `json:"keys_destroyed"`
	// Rows is how many keys, secrets, identifiers and tombstones were carried; 0 when both sides share one vault.
	Rows int64 `json:"rows"`
}

// Move carries log and vault of one configuration to the engines of another, and ends with the source fenced: it can
// be read, and takes nothing more. Broken off, it goes on when it is run again. Where log or vault of the source can be opened
// by one process only, no server may run there (ErrMustStop); otherwise servers may go on until the fence.
//
// Messages that people asked for are sent first, as far as that is possible now, and the rest by the target: where the
// consumers with effects stand is carried too.
func Move(ctx context.Context, from, to Config, o MoveOptions) (Moved, error) {
	m, err := openMove(ctx, from, to, o)
	if err != nil {
		return Moved{}, err
	}
	done, err := m.run(ctx, o.Progress)
	return done, errors.Join(err, m.close())
}

// AbandonMove opens the source of a move again, unless the target has been served from. The target cannot be used any more.
func AbandonMove(ctx context.Context, from, to Config, o MoveOptions) error {
	m, err := openMove(ctx, from, to, o)
	if err != nil {
		return err
	}
	err = transfer.Abandon(ctx, m.source, m.target)
	if err == nil {
		err = m.from.parts().Bind(ctx)
	}
	if err == nil {
		err = m.record(ctx, domain.OpReplayAbandon)
	}
	return errors.Join(err, m.close())
}

// move is the two ends of a move, opened.
type move struct {
	from, to       *Server
	source, target transfer.Side
	served         bool // others have the source's folder
	fresh          bool // the target's folder was made for this move, or for an earlier try
}

func openMove(ctx context.Context, from, to Config, o MoveOptions) (_ *move, err error) {
	a, errA := filepath.Abs(from.Data)
	b, errB := filepath.Abs(to.Data)
	switch {
	case errA != nil || errB != nil:
		return nil, fmt.Errorf("data folder: %w", errors.Join(errA, errB))
	case a == b:
		return nil, errors.New("source and target need data folders of their own: the source's stays as it is")
	case !exists(from.path("lock")):
		return nil, fmt.Errorf("there is no ledger in %s", from.Data)
	}
	if err := notCarrying(&from); err != nil {
		return nil, fmt.Errorf("source: %w", err)
	}
	m := &move{}
	defer func() {
		if err != nil {
			err = errors.Join(err, m.close())
		}
	}()
	if m.from, err = openSide(ctx, from, o, true); errors.Is(err, ErrRunning) {
		if !from.sharedEngines() {
			return nil, ErrMustStop
		}
		m.served = true
		m.from, err = openSide(ctx, from, o, false)
	}
	if err != nil {
		return nil, fmt.Errorf("source: %w", err)
	}
	m.fresh = !exists(to.path("lock")) || exists(to.path(carryingMark))
	if m.to, err = openSide(ctx, to, o, true); err != nil {
		return nil, fmt.Errorf("target: %w", err)
	}
	if m.source, err = m.from.side(); err == nil {
		m.target, err = m.to.side()
	}
	return m, err
}

func (m *move) close() error {
	var errs []error
	for _, s := range []*Server{m.to, m.from} {
		if s != nil {
			errs = append(errs, s.Close())
		}
	}
	return errors.Join(errs...)
}

func (m *move) run(ctx context.Context, progress func(operate.Progress)) (Moved, error) {
	if err := m.record(ctx, domain.OpReplayMove); err != nil && !errors.Is(err, eventstore.ErrFenced) {
		return Moved{}, fmt.Errorf("source: %w", err)
	}
	unfinished := m.to.cfg.path(carryingMark)
	if m.fresh {
		if err := mark(unfinished, true); err != nil {
			return Moved{}, fmt.Errorf("target: %w", err)
		}
	}
	var effects []effect
	c := transfer.Move{From: m.source, To: m.target, Tell: operate.Stages(progress),
		Marks: func(ctx context.Context) (marks []eventstore.Checkpoint, err error) {
			effects, err = m.from.effects(ctx)
			for _, e := range effects {
				marks = append(marks, e.at)
			}
			return marks, err
		}}
	if !m.served && !m.from.cfg.shared() { // who shares the work goes on with the messages in the target
		c.Drain = func(ctx context.Context) error { return m.from.drain(ctx, progress) }
	}
	done, err := c.Run(ctx)
	moved := Moved{From: done.From.String(), To: done.To.String(), Events: done.Events, Hash: done.String(), Resumed: done.Resumed,
		Keys: done.Keys, KeysDestroyed: done.KeysDestroyed, Rows: done.Vault.All()}
	if err != nil {
		return moved, err
	}
	for i, e := range effects {
		if e.at = done.Places[i]; e.at.IsZero() {
			continue
		}
		if err := m.to.setEffect(ctx, e); err != nil {
			return moved, fmt.Errorf("target: %s: %w", e.consumer, err)
		}
	}
	if err := m.to.parts().BindAfter(ctx, done.From); err != nil {
		return moved, fmt.Errorf("target: %w", err)
	}
	return moved, mark(unfinished, false)
}

// record writes the operator's command into the source's log, unless it is fenced.
func (m *move) record(ctx context.Context, op domain.Operation) error {
	f, ok := m.from.store.(eventstore.Fencer)
	if !ok {
		return transfer.ErrNoFence
	}
	if stands, err := f.Fenced(ctx); err != nil || !stands.IsZero() {
		return errors.Join(err, eventstore.ErrFenced)
	}
	if err := m.from.openMenu(ctx); err != nil {
		return err
	}
	_, err := operate.RecordOperation(ctx, m.from.menu, os.Getuid(), op)
	return err
}

// openMenu opens the commands once.
func (s *Server) openMenu(ctx context.Context) error {
	if s.menu != nil {
		return nil
	}
	return s.openCommands(ctx, Options{})
}
