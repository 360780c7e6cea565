package server

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"accountledger/operate"
	"accountledger/operate/folder"
	"accountledger/replay/move"
	"accountledger/replay/unfinished"
)

// ErrMustStop: a server has the folder whose log or vault only one process can open.
var ErrMustStop = errors.New("a server is running on the source: stop it first, since its log or vault can be opened by one process only")

// Move moves log and vault of one configuration to the engines of another, and ends with the source fenced: it can be read, and takes
// nothing more. Broken off, it goes on when it is run again. Where log or vault of the source can be opened by one process only, no
// server may run there (ErrMustStop); otherwise servers may go on until the fence.
//
// Messages that people asked for are sent first, as far as that is possible now, and the rest by the target.
func Move(ctx context.Context, from, to Config, o SideOptions) (done move.Moved, err error) {
	err = withMove(ctx, from, to, o, func(m *move.Move) error {
		done, err = m.Run(ctx)
		return err
	})
	return done, err
}

// AbandonMove opens the source of a move again, unless the target has been served from. The target cannot be used any more.
func AbandonMove(ctx context.Context, from, to Config, o SideOptions) error {
	return withMove(ctx, from, to, o, func(m *move.Move) error { return m.Abandon(ctx) })
}

// withMove opens both ends for the time of do.
func withMove(ctx context.Context, from, to Config, o SideOptions, do func(*move.Move) error) (err error) {
	fresh, err := checkMove(&from, &to)
	if err != nil {
		return err
	}
	source, served, err := openSource(ctx, from, o)
	if err != nil {
		return fmt.Errorf("source: %w", err)
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	target, err := openSide(ctx, to, o, true)
	if err != nil {
		return fmt.Errorf("target: %w", err)
	}
	defer func() { err = errors.Join(err, target.Close()) }()
	m := &move.Move{Fresh: fresh, Menu: source.openMenu, UID: os.Getuid(), Tell: operate.Stages(o.Progress)}
	if m.From, err = source.end(); err != nil {
		return err
	}
	if m.To, err = target.end(); err != nil {
		return err
	}
	if !served && !from.shared() { // who shares the work goes on with the messages in the target
		m.Drain = func(ctx context.Context) error { return source.drain(ctx, o.Progress) }
	}
	return do(m)
}

// checkMove refuses folders that are no source and target. fresh: the target's is to be made, or was for an earlier try.
func checkMove(from, to *Config) (fresh bool, err error) {
	a, errA := filepath.Abs(from.Data)
	b, errB := filepath.Abs(to.Data)
	switch {
	case errA != nil || errB != nil:
		return false, fmt.Errorf("data folder: %w", errors.Join(errA, errB))
	case a == b:
		return false, errors.New("source and target need data folders of their own: the source's stays as it is")
	case !folder.WasHeld(from.Data):
		return false, fmt.Errorf("there is no ledger in %s", from.Data)
	}
	if err := unfinished.Refuse(from.Data); err != nil {
		return false, fmt.Errorf("source: %w", err)
	}
	begun, err := unfinished.Of(to.Data)
	if err == nil && begun.Command != "" && begun.Command != unfinished.Move {
		err = unfinished.Refuse(to.Data)
	}
	if err != nil {
		return false, fmt.Errorf("target: %w", err)
	}
	return !folder.WasHeld(to.Data) || begun.Command == unfinished.Move, nil
}

// openSource opens the source of a move, which servers may have open where its engines are shared.
func openSource(ctx context.Context, cfg Config, o SideOptions) (s *Server, served bool, err error) {
	s, err = openSide(ctx, cfg, o, true)
	switch {
	case !errors.Is(err, folder.ErrRunning):
		return s, false, err
	case !cfg.sharedEngines():
		return nil, true, ErrMustStop
	}
	s, err = openSide(ctx, cfg, o, false)
	return s, true, err
}

// end is the server's ledger as one end of a move.
func (s *Server) end() (move.End, error) {
	v, err := s.portable()
	return move.End{Parts: s.parts(), Vault: v, Folder: s.cfg.Data, Effects: s.effects()}, err
}

// drain sends what people asked for. Without a way to send messages there is nothing to do.
func (s *Server) drain(ctx context.Context, progress func(operate.Progress)) error {
	if _, err := s.openMenu(ctx); err != nil {
		return err
	}
	if err := s.openNotifier(ctx); err != nil || s.notifier == nil {
		return err
	}
	d := move.Draining{Journal: s.journal, Sender: s.notifier, Now: s.now, Log: s.log, Tell: operate.Stages(progress)}
	return d.Run(ctx)
}
