package operate

import (
	"context"
	"errors"
	"io"

	"accountledger/domain"
	"accountledger/replay/carry"
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
	From carry.Place `json:"from,omitzero"`
}

// ExportFile exports from a console into a file of this process, or resumes an interrupted export.
func ExportFile(ctx context.Context, c Console, path string, withVault bool, progress func(Progress)) (carry.Exported, error) {
	return carry.ExportFile(ctx, func(ctx context.Context, withVault bool, from carry.Place, out io.Writer) error {
		return Export.Write(ctx, c, ExportFrom{Vault: withVault, From: from}, out)
	}, path, withVault, Stages(progress))
}

func export(ctx context.Context, c *call, in ExportFrom) (None, error) {
	var v vault.Carrier
	if in.Vault {
		side, err := c.Side()
		if err != nil {
			return None{}, err
		}
		v = side.Vault
	}
	return None{}, carry.Export(ctx, c.Log, v, in.From, c.out)
}

// Side is the ledger's log and vault.
func (l *Ledger) Side() (carry.Side, error) {
	v, ok := l.Vault.(vault.Carrier)
	if !ok {
		return carry.Side{}, errors.New("the vault's engine cannot be carried")
	}
	return carry.Side{Log: l.Log, Vault: v}, nil
}
