package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"accountledger/eventstore"
	"accountledger/eventstore/embedded"
	"accountledger/operate"
	"accountledger/replay/backup"
	"accountledger/replay/salvage"
)

// ErrSalvageEngine: only the log of one process's own is files that can be read one by one.
var ErrSalvageEngine = errors.New("the log is kept by a server of its own: restore that server's backup")

// Salvage makes a backup, in the folder dir, of what can be read of a ledger whose log does not open: see salvage.Ledger. The ledger stays
// as it is; no server may run on it.
//
// The vault is opened even where its last transactions are missing; a vault that is damaged cannot be salvaged.
func Salvage(ctx context.Context, cfg Config, dir string, progress func(operate.Progress)) (out salvage.Salvaged, err error) {
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
	s := &Server{cfg: cfg, now: time.Now, log: logger(cfg.Log, io.Discard), metrics: prometheus.NewRegistry()}
	defer func() { err = errors.Join(err, s.Close()) }()
	if err := s.shareFolder(ctx); err != nil {
		return out, err
	}
	if err := s.readVaultEngine(ctx, true); err != nil {
		return out, err
	}
	l := salvage.Ledger{Vault: s.masters, Version: Version(), Now: s.now, Log: s.log, Tell: operate.Stages(progress),
		List: func(ctx context.Context) (*backup.List, error) {
			err := s.readDestructions(ctx)
			return s.list, err
		},
		Read: func(ctx context.Context, id uuid.UUID, chunks string) (salvage.Readable, error) {
			return embedded.OpenSalvage(ctx, embedded.Options{Dir: cfg.path("log"), ID: id, Witness: cfg.path(logWitness), Logger: s.log}, chunks)
		},
		New: func(dir string, id uuid.UUID) (eventstore.Store, error) {
			return embedded.Open(embedded.Options{Dir: dir, ReserveBytes: cfg.Store.Reserve, Logger: s.log, ID: id})
		}}
	return l.Run(ctx, dir)
}
