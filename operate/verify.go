package operate

import (
	"context"
	"errors"
	"fmt"

	"accountledger/eventstore"
	"accountledger/replay/audit"
	"accountledger/vault"
)

// Verified is what a check of the whole ledger found.
type Verified struct {
	OK     bool   `json:"ok"`
	Log    string `json:"log"` // its id
	Events int64  `json:"events"`
	Hash   string `json:"hash"` // content hash of the history
	// Keys are those that the log names and the vault holds, KeysDestroyed those recorded as destroyed, Rows all that is in the vault.
	Keys          int64 `json:"keys"`
	KeysDestroyed int64 `json:"keys_destroyed"`
	Rows          int64 `json:"rows"`
	// Archive: the ledger has no vault, so neither keys nor rows were checked.
	Archive bool `json:"archive,omitzero"`
	// Newer counts events that a newer program wrote, by type.
	Newer map[string]int64 `json:"newer,omitzero"`
	// PassedOver counts events that cannot be read and that an operator had everything skip.
	PassedOver int64 `json:"passed_over,omitzero"`
	// Consumers are at a position of this log; Remade are views that are being rebuilt, or will be when the ledger is served.
	Consumers []string      `json:"consumers"`
	Remade    []string      `json:"remade,omitzero"`
	Faults    []audit.Fault `json:"faults,omitzero"` // the first of each part
}

// Verify checks log, vault and checkpoints and gives the first fault of each. It changes nothing and shows nothing personal.
var Verify = &Operation[None, Verified]{
	Info: Info{Name: "verify", Reads: true, Progress: true},
	do:   verify,
}

func verify(ctx context.Context, s *call, _ None) (Verified, error) {
	side, err := s.Side()
	if err != nil {
		return Verified{}, err
	}
	id, err := s.Journal.LogID(ctx)
	if err != nil {
		return Verified{}, err
	}
	consumers, err := s.Consumers(ctx)
	if err != nil {
		return Verified{}, err
	}
	before, err := s.Binder.Before(ctx)
	if err != nil && !errors.Is(err, vault.ErrCorrupt) { // which is reported below
		return Verified{}, err
	}
	l := audit.Ledger{Before: before, Log: s.Log, Journal: s.Journal, Vault: side.Vault, Consumers: consumers, Tell: Stages(s.progress)}
	if f, ok := s.Log.(eventstore.Fencer); ok {
		stands, err := f.Fenced(ctx)
		if err != nil {
			return Verified{}, err
		}
		l.Archive = stands.Reason == eventstore.FenceArchive
	}
	page, err := verifyPages(ctx, s.Vault)
	if err != nil {
		return Verified{}, err
	}
	r, err := l.Run(ctx)
	if page != nil {
		r.Faults = append(r.Faults, *page)
		if errors.Is(err, vault.ErrCorrupt) { // what is on that page cannot be checked any further
			err = nil
		}
	}
	if err != nil {
		return Verified{}, err
	}
	return Verified{OK: len(r.Faults) == 0, Log: id.String(), Events: r.Events, Hash: r.String(), Keys: r.Keys, KeysDestroyed: r.KeysDestroyed,
		Rows: r.Rows.All(), Archive: l.Archive, Newer: r.Newer, PassedOver: r.PassedOver, Consumers: r.Consumers, Remade: r.Remade, Faults: r.Faults}, nil
}

// FaultLine is a fault in one line.
func FaultLine(f audit.Fault) string {
	text := f.Where
	if f.File != "" {
		text += fmt.Sprintf(" file %s", f.File)
		if f.Offset >= 0 {
			text += fmt.Sprintf(" offset %d", f.Offset)
		}
	}
	if f.Position != "" {
		text += " position " + f.Position
	}
	if f.Stream != "" {
		text += " stream " + f.Stream
	}
	if f.Version != nil {
		text += fmt.Sprintf(" version %d", *f.Version)
	}
	if f.Name != "" {
		text += fmt.Sprintf(" %q", f.Name)
	}
	return text + ": " + f.Reason
}
