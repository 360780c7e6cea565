package operate

import (
	"context"
	"errors"
	"io"

	"accountledger/domain"
	"accountledger/replay/transfer"
	"accountledger/vault"
)

// Export writes the log and, if asked for, the vault as lines of CloudEvents. The record of the export is exported too.
var Export = &Operation[ExportFrom, None]{
	Info: Info{Name: "export", Reads: true, Text: true, Records: RecordedIfOpen, As: domain.OpReplayExport},
	do:   export,
}

// ExportForBackup is Export for a backup, and is recorded as the beginning of one.
var ExportForBackup = &Operation[ExportFrom, None]{
	Info: Info{Name: "export-for-backup", Text: true, Records: RecordedIfOpen, As: domain.OpBackup},
	do:   export,
}

// ExportFrom is what to export.
type ExportFrom struct {
	// Vault asks for the vault's rows too, still wrapped; the master key is never exported.
	Vault bool `json:"vault"`
	// From is where an interrupted export resumes; the zero Place is the beginning.
	From transfer.Place `json:"from,omitzero"`
}

// ExportFile exports from a console into a file of this process, or resumes an interrupted export.
func ExportFile(ctx context.Context, c Console, path string, withVault bool, progress func(Progress)) (transfer.Exported, error) {
	return transfer.ExportFile(ctx, func(ctx context.Context, withVault bool, from transfer.Place, out io.Writer) error {
		return Export.Write(ctx, c, ExportFrom{Vault: withVault, From: from}, out)
	}, path, withVault, Stages(progress))
}

func export(ctx context.Context, c *call, in ExportFrom) (None, error) {
	var v vault.Portable
	if in.Vault {
		side, err := c.Side()
		if err != nil {
			return None{}, err
		}
		v = side.Vault
	}
	return None{}, transfer.Export(ctx, c.Log, v, in.From, c.out)
}

// Side is the ledger's log and vault.
func (l *Ledger) Side() (transfer.Side, error) {
	v, ok := l.Vault.(vault.Portable)
	if !ok {
		return transfer.Side{}, errors.New("the vault's engine cannot be exported")
	}
	return transfer.Side{Log: l.Log, Vault: v}, nil
}
