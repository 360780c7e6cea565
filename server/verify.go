package server

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"accountledger/consumers"
	"accountledger/eventstore"
	"accountledger/replay/audit"
	"accountledger/vault"
)

// Verified is what a walk through the ledger found.
type Verified struct {
	OK     bool   `json:"ok"`
	Log    string `json:"log"` // its id
	Events int64  `json:"events"`
	Hash   string `json:"hash"` // content hash of the history
	// Keys are those that the log names and the vault holds, KeysDestroyed those recorded as destroyed, Rows all that is in the vault.
	Keys          int64 `json:"keys"`
	KeysDestroyed int64 `json:"keys_destroyed"`
	Rows          int64 `json:"rows"`
	// Archive says that the ledger has no vault, so that neither keys nor rows were looked for.
	Archive bool `json:"archive,omitzero"`
	// Newer counts events that a newer program wrote, by type.
	Newer map[string]int64 `json:"newer,omitzero"`
	// PassedOver counts events that cannot be read and that an operator let everything go on past.
	PassedOver int64 `json:"passed_over,omitzero"`
	// Consumers stand at a place of this log; Remade are views that are being made anew, or will be when the ledger is served.
	Consumers []string      `json:"consumers"`
	Remade    []string      `json:"remade,omitzero"`
	Faults    []audit.Fault `json:"faults,omitzero"` // the first of each part
}

// Verify is not recorded: it changes nothing and shows nothing personal.
func (o operator) Verify(ctx context.Context, progress func(Progress)) (Verified, error) {
	return o.verify(ctx, progress)
}

func (s *Server) verify(ctx context.Context, progress func(Progress)) (Verified, error) {
	side, err := s.side()
	if err != nil {
		return Verified{}, err
	}
	id, err := s.journal.LogID(ctx)
	if err != nil {
		return Verified{}, err
	}
	consumers, err := s.standing(ctx)
	if err != nil {
		return Verified{}, err
	}
	before, err := s.binder.Before(ctx)
	if err != nil && !errors.Is(err, vault.ErrCorrupt) { // which is told of below
		return Verified{}, err
	}
	l := audit.Ledger{Before: before, Log: s.store, Journal: s.journal, Vault: side.Vault, Consumers: consumers, Tell: tellCarry(progress)}
	if f, ok := s.store.(eventstore.Fencer); ok {
		stands, err := f.Fenced(ctx)
		if err != nil {
			return Verified{}, err
		}
		l.Archive = stands.Reason == eventstore.FenceArchive
	}
	page, err := verifyPages(ctx, s.vault)
	if err != nil {
		return Verified{}, err
	}
	r, err := l.Run(ctx)
	if page != nil {
		r.Faults = append(r.Faults, *page)
		if errors.Is(err, vault.ErrCorrupt) { // what is on that page can be looked at no further
			err = nil
		}
	}
	if err != nil {
		return Verified{}, err
	}
	return Verified{OK: len(r.Faults) == 0, Log: id.String(), Events: r.Events, Hash: r.String(), Keys: r.Keys, KeysDestroyed: r.KeysDestroyed,
		Rows: r.Rows.All(), Archive: l.Archive, Newer: r.Newer, PassedOver: r.PassedOver, Consumers: r.Consumers, Remade: r.Remade, Faults: r.Faults}, nil
}

// standing are the consumers that keep a checkpoint, none of which is set to work by being asked for it. A process of the API
// knows those only whose checkpoint goes with a lease.
func (s *Server) standing(ctx context.Context) ([]audit.Consumer, error) {
	var all []consumers.Consumer
	if s.cfg.Role != RoleAPI {
		all = s.views.Consumers()
	}
	if s.processes != nil {
		all = append(all, s.processes.Consumer())
	}
	var out []audit.Consumer
	for _, c := range all {
		at := c.Checkpoint
		if c.Stored != nil {
			at = c.Stored
		}
		out = append(out, audit.Consumer{Name: c.Name, At: at})
	}
	effects, err := s.effects(ctx)
	return append(out, placesOf(effects)...), err
}

func placesOf(effects []effect) (all []audit.Consumer) {
	for _, e := range effects {
		all = append(all, audit.Consumer{Name: e.consumer, At: func(context.Context) (eventstore.Checkpoint, error) { return e.at, nil }})
	}
	return all
}

// TellFault is a fault in one line.
func TellFault(f audit.Fault) string {
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

func handleVerify(s *Server, mux *http.ServeMux) {
	handle(s, mux, "verify", func(ctx context.Context, o operator, _ struct{}, progress func(Progress)) (Verified, error) {
		return o.Verify(ctx, progress)
	})
}

func (r *remote) Verify(ctx context.Context, progress func(Progress)) (Verified, error) {
	return ask[Verified](ctx, r, "verify", struct{}{}, progress)
}
