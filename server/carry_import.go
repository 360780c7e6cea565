package server

import (
	"context"
	"errors"
	"fmt"
	"os"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/internal/durable"
	"accountledger/operate"
	"accountledger/replay/carry"
)

// ErrNotEmpty: a ledger is made from a file in an empty folder only.
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
// the ledger goes on where the exported one stood, under a new log id and as a new history: what was open has ended, as after a
// restore. Without, it is an archive.
func Import(ctx context.Context, cfg Config, path string, withVault bool, o MoveOptions) (_ Imported, err error) {
	resumes := exists(cfg.path(carryingMark))
	if entries, err := os.ReadDir(cfg.Data); err == nil && len(entries) > 0 && !resumes {
		return Imported{}, fmt.Errorf("%w (%s)", ErrNotEmpty, cfg.Data)
	} else if err != nil && !errors.Is(err, os.ErrNotExist) {
		return Imported{}, err
	}
	info, err := carry.CheckFile(ctx, path, operate.Stages(o.Progress))
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
	if !resumes {
		if err := mark(unfinished, true); err != nil {
			return Imported{}, err
		}
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
	done := carry.Imported{FileInfo: info, Resumed: info.Events}
	if !isLoaded(unfinished) {
		if done, err = carry.Import(ctx, path, info, side, withVault, operate.Stages(o.Progress)); err != nil {
			return Imported{}, fmt.Errorf("%s: %w", path, err)
		}
		if err := durable.ReplaceBytes(unfinished, []byte(loadedMark)); err != nil {
			return Imported{}, err
		}
	}
	id, err := s.store.LogID(ctx)
	if err != nil {
		return Imported{}, err
	}
	out := Imported{From: done.Log.String(), To: id.String(), Events: done.Events, Hash: done.String(), Resumed: done.Resumed,
		Archive: !withVault, Keys: done.Keys, KeysDestroyed: done.KeysDestroyed}
	if withVault {
		out.Rows = done.Rows
		if err := s.recordImport(ctx, done); err != nil {
			return Imported{}, err
		}
	}
	return out, mark(unfinished, false)
}

// loadedMark is what the mark of an import holds once log and vault are there whole: only then is anything added.
const loadedMark = "loaded"

func isLoaded(mark string) bool {
	b, err := os.ReadFile(mark)
	return err == nil && string(b) == loadedMark
}

// recordImport begins a new history: the exported ledger may go on elsewhere, and so may others that were imported from the same file.
func (s *Server) recordImport(ctx context.Context, done carry.Imported) error {
	if err := s.openMenu(ctx); err != nil {
		return err
	}
	_, err := s.menu.RecordImport(ctx, operate.OperatorRequest(os.Getuid(), "import", domain.EventID{}), commands.RecordImport{Imported: domain.LedgerImported{
		From: domain.LogID{UUID: done.Log}, Events: done.Events, UID: os.Getuid()}})
	if err != nil {
		return err
	}
	return s.bindAfter(ctx, done.Log)
}
