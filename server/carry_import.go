package server

import (
	"context"
	"errors"
	"fmt"
	"os"

	"accountledger/domain"
	"accountledger/eventstore"
	"accountledger/replay/carry"
)

// ErrNotEmpty: a ledger is made anew from a file in an empty folder only.
var ErrNotEmpty = errors.New("the data folder is not empty: import into a new one")

// Imported is what an import did.
type Imported struct {
	From    string `json:"from"` // the log that was exported
	To      string `json:"to"`
	Events  int64  `json:"events"`
	Hash    string `json:"hash"`
	Resumed int64  `json:"resumed"`
	// Archive says that the vault was not imported: the ledger can be read, and nobody can sign in.
	Archive       bool  `json:"archive"`
	Rows          int64 `json:"rows"`
	Keys          int64 `json:"keys"`
	KeysDestroyed int64 `json:"keys_destroyed"`
}

// Import makes a ledger from a file of Export in a folder, and for other engines in a log, that is empty or that an earlier
// try broke off in. With withVault the configuration's master key must be the one that the exported vault is under, and
// the ledger goes on where the exported one stood, under a new log id; without, it is an archive.
func Import(ctx context.Context, cfg Config, path string, withVault bool, o MoveOptions) (_ Imported, err error) {
	resumes := exists(cfg.path(carryingMark))
	if entries, err := os.ReadDir(cfg.Data); err == nil && len(entries) > 0 && !resumes {
		return Imported{}, fmt.Errorf("%w (%s)", ErrNotEmpty, cfg.Data)
	} else if err != nil && !errors.Is(err, os.ErrNotExist) {
		return Imported{}, err
	}
	info, err := carry.CheckFile(ctx, path, tellCarry(o.Progress))
	if err == nil && withVault && !info.Vault {
		err = carry.ErrNoVault
	}
	if err != nil { // and nothing has been made
		return Imported{}, fmt.Errorf("%s: %w", path, err)
	}
	if err := os.MkdirAll(cfg.Data, 0o700); err != nil {
		return Imported{}, err
	}
	unfinished := cfg.path(carryingMark)
	if err := mark(unfinished, true); err != nil {
		return Imported{}, err
	}
	s, err := openSide(ctx, cfg, o, true)
	if err != nil {
		return Imported{}, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	side, err := s.side()
	if err != nil {
		return Imported{}, err
	}
	done, err := carry.Import(ctx, path, info, side, withVault, tellCarry(o.Progress))
	if err != nil {
		return Imported{}, fmt.Errorf("%s: %w", path, err)
	}
	id, err := s.store.LogID(ctx)
	if err != nil {
		return Imported{}, err
	}
	if err := mark(unfinished, false); err != nil {
		return Imported{}, err
	}
	out := Imported{From: done.Log.String(), To: id.String(), Events: done.Events, Hash: done.String(), Resumed: done.Resumed,
		Archive: !withVault, Keys: done.Keys, KeysDestroyed: done.KeysDestroyed}
	if !withVault {
		return out, nil
	}
	out.Rows = done.Rows
	// Only now is there a log that the command can be recorded in.
	if err := s.openMenu(ctx); err != nil {
		return out, err
	}
	_, err = operator{s, os.Getuid()}.record(ctx, domain.OpReplayImport)
	return out, err
}

// recordUnlessFenced records a command that changes nothing; on a log that takes no appends for good it goes without.
func (o operator) recordUnlessFenced(ctx context.Context, op domain.Operation) error {
	_, err := o.record(ctx, op)
	if err == nil {
		return nil
	}
	f, ok := o.store.(eventstore.Fencer)
	if !ok {
		return err
	}
	if stands, e := f.Fenced(ctx); e != nil || stands.IsZero() {
		return err
	}
	o.log.Warn("an operator's command could not be recorded: the log is fenced", "operation", string(op))
	return nil
}
