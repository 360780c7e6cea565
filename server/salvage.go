package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/prometheus/client_golang/prometheus"

	"accountledger/eventstore"
	"accountledger/eventstore/embedded"
	"accountledger/internal/durable"
	"accountledger/operate"
	"accountledger/replay/backup"
	"accountledger/replay/carry"
	"accountledger/vault"
)

// SalvageReport is the file beside what was salvaged that says what is missing.
const SalvageReport = "salvage.json"

// SalvagedLedger is what a salvage did.
type SalvagedLedger struct {
	embedded.Salvaged
	// Missing is how many acknowledged events are not there, as far as that is known.
	Missing int64 `json:"missing"`
	// KeysLost is how many keys the events name and the vault, which is older, does not have: what they seal reads as gone.
	KeysLost int64       `json:"keys_lost,omitzero"`
	Backup   backup.Made `json:"backup"`
}

// ErrSalvageEngine: only the log of one process's own is files that can be read one by one.
var ErrSalvageEngine = errors.New("the log is kept by a server of its own: restore that server's backup")

// Salvage makes a backup of what can be read of a ledger whose log does not open: the events from the first one up to the first that
// cannot be found, so that every stream is whole as of there, and the vault. The ledger stays as it is; no server may run on it. What
// is made is restored as any backup is, under a new log id.
//
// The vault is opened even where its last transactions are missing; a vault that is damaged cannot be salvaged.
func Salvage(ctx context.Context, cfg Config, dir string, progress func(operate.Progress)) (out SalvagedLedger, err error) {
	if cfg.Store.Engine == "esdb" {
		return out, ErrSalvageEngine
	}
	if cfg.Data, err = filepath.Abs(cfg.Data); err != nil {
		return out, fmt.Errorf("data folder: %w", err)
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return out, err
	}
	if err := OutsideLedgers(&cfg, dir); err != nil {
		return out, err
	}
	scratch := dir + ".salvaging"
	if err := os.RemoveAll(scratch); err != nil {
		return out, err
	}
	if err := os.MkdirAll(scratch, 0o700); err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(scratch)) }()
	s := &Server{cfg: cfg, now: time.Now, log: logger(cfg.Log, io.Discard), metrics: prometheus.NewRegistry()}
	defer func() { err = errors.Join(err, s.Close()) }()
	if err := s.shareFolder(ctx); err != nil {
		return out, err
	}
	if err := s.readVaultEngine(ctx, true); err != nil {
		return out, err
	}
	if err := s.salvageLog(ctx, scratch, &out, progress); err != nil {
		return out, err
	}
	if err := s.buryMissing(ctx, &out); err != nil {
		return out, err
	}
	if err := s.readDestructions(ctx); err != nil { // the restore reads the list itself, and says what is wrong with it
		s.log.Warn("the list of destructions could not be read", "error", err.Error())
	}
	if out.Backup, err = backup.Make(ctx, &salvaging{s}, dir, operate.Stages(progress)); err != nil {
		return out, err
	}
	out.Missing = max(0, out.Acknowledged-out.Events, out.Salvaged.Behind)
	b, err := json.Marshal(out, jsontext.Multiline(true))
	if err != nil {
		return out, err
	}
	return out, durable.ReplaceBytes(filepath.Join(dir, SalvageReport), append(b, '\n'))
}

// salvageLog makes a log of what can be read, under the id of the one that it was.
func (s *Server) salvageLog(ctx context.Context, scratch string, out *SalvagedLedger, progress func(operate.Progress)) (err error) {
	b, err := s.binder.Binding(ctx)
	if err != nil {
		return err
	}
	from, err := embedded.OpenSalvage(ctx, embedded.Options{Dir: s.cfg.path("log"), ID: b.Log, Witness: s.cfg.path(logWitness), Logger: s.log},
		filepath.Join(scratch, "chunks"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	log, err := embedded.Open(embedded.Options{Dir: filepath.Join(scratch, "log"), ReserveBytes: s.cfg.Store.Reserve, Logger: s.log, ID: from.Log})
	if err != nil {
		return err
	}
	s.store = log
	s.onClose(log.Close)
	if err := s.openJournal(); err != nil {
		return err
	}
	writer := carry.NewWriter(ctx, log)
	defer writer.Close()
	err = from.Each(ctx, func(e *eventstore.Recorded) error {
		if progress != nil {
			progress(operate.Progress{View: "salvaging", Done: e.Position.Int64(), Unit: string(eventstore.UnitEvents)})
		}
		return writer.Write(ctx, e)
	})
	if err == nil {
		err = writer.End(ctx)
	}
	out.Salvaged = from.Salvaged
	return err
}

// buryMissing has what the vault lost read as gone, in what is made and not in the vault.
func (s *Server) buryMissing(ctx context.Context, out *SalvagedLedger) error {
	var lost []string
	err := carry.MissingKeys(ctx, s.store, s.vault, func(name string) error {
		lost = append(lost, name)
		return nil
	})
	out.KeysLost = int64(len(lost))
	s.vault = &buried{s.masters, lost, s.now()}
	return err
}

// buried is a vault that knows some more keys as destroyed.
type buried struct {
	vault.Carrier
	keys []string
	at   time.Time
}

func (b *buried) Dump(ctx context.Context, yield func([]vault.Row) error) error {
	if err := b.Carrier.Dump(ctx, yield); err != nil {
		return err
	}
	for names := range slices.Chunk(b.keys, vault.RowsAtOnce) {
		rows := make([]vault.Row, len(names))
		for i, name := range names {
			rows[i] = vault.Row{Kind: vault.KindKey, Name: name, At: b.at.UTC(), Destroyed: true}
		}
		if err := yield(rows); err != nil {
			return err
		}
	}
	return nil
}

// salvaging is what a backup is made from.
type salvaging struct{ *Server }

// Start implements backup.Source.
func (s *salvaging) Start(context.Context) (backup.Start, error) {
	return backup.StartOf(s.list, s.now(), Version())
}

// Export implements backup.Source.
func (s *salvaging) Export(ctx context.Context, from carry.Place, out io.Writer) error {
	side, err := s.side()
	if err != nil {
		return err
	}
	return carry.Export(ctx, side.Log, side.Vault, from, out)
}

// Done implements backup.Source: a salvage is recorded nowhere.
func (s *salvaging) Done(context.Context) error { return nil }
