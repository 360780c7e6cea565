package restore

import (
	"context"
	"errors"
	"fmt"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/replay/transfer"
	"accountledger/replay/unfinished"
)

// ErrFolderNotEmpty: a ledger is made from an export in an empty folder only.
var ErrFolderNotEmpty = errors.New("the data folder is not empty: import into a new one")

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

// Import makes a ledger from a file of an export. With withVault the master key must be the one that the exported vault is under, and the
// ledger goes on where the exported one stood, under a new log id and as a new history: what was open has ended, as after a
// restore. Without, it is an archive.
func (m *Maker) Import(ctx context.Context, path string, withVault bool) (_ Imported, err error) {
	mark, err := m.begun(unfinished.Import, ErrFolderNotEmpty)
	if err != nil {
		return Imported{}, err
	}
	info, err := transfer.CheckFile(ctx, path, m.Tell)
	if err == nil && withVault && !info.Vault {
		err = transfer.ErrNoVault
	}
	if err != nil { // and nothing has been made
		return Imported{}, fmt.Errorf("%s: %w", path, err)
	}
	mark.Command = unfinished.Import
	if err := m.mark(mark); err != nil {
		return Imported{}, err
	}
	t, err := m.Open(ctx)
	if err != nil {
		return Imported{}, err
	}
	defer func() { err = errors.Join(err, t.Close()) }()
	done := transfer.Imported{FileInfo: info, Resumed: info.Events}
	if !mark.Loaded {
		if done, err = transfer.Import(ctx, path, info, t.side(), withVault, m.Tell); err != nil {
			return Imported{}, fmt.Errorf("%s: %w", path, err)
		}
		mark.Loaded = true
		if err := mark.Save(m.Folder); err != nil {
			return Imported{}, err
		}
	}
	id, err := t.Parts.Log.LogID(ctx)
	if err != nil {
		return Imported{}, err
	}
	out := Imported{From: done.Log.String(), To: id.String(), Events: done.Events, Hash: done.String(), Resumed: done.Resumed,
		Archive: !withVault, Keys: done.Keys, KeysDestroyed: done.KeysDestroyed}
	if withVault {
		out.Rows = done.Rows
		if err := m.recordImport(ctx, t, done); err != nil {
			return Imported{}, err
		}
	}
	return out, unfinished.Clear(m.Folder)
}

// recordImport begins a new history: the exported ledger may go on elsewhere, and so may others that were imported from the same file.
func (m *Maker) recordImport(ctx context.Context, t *Target, done transfer.Imported) error {
	menu, err := t.Menu(ctx)
	if err != nil {
		return err
	}
	_, err = menu.RecordImport(ctx, m.request("import"), commands.RecordImport{Imported: domain.LedgerImported{
		From: domain.LogID{UUID: done.Log}, Events: done.Events, UID: m.UID}})
	if err != nil {
		return err
	}
	return t.Parts.BindAfter(ctx, done.Log)
}

func (m *Maker) request(operation string) commands.Request { return operator(m.UID, operation) }

func operator(uid int, operation string) commands.Request {
	return commands.Request{Caller: domain.Operator(uid), Channel: domain.ChannelConsole, Operation: operation}
}
