package server

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/go-json-experiment/json"
	"github.com/google/uuid"

	"accountledger/replay/backup"
	"accountledger/replay/carry"
	"accountledger/vault"
)

// restoringMark is a file in the data folder of a ledger that is being restored there.
const restoringMark = "restoring"

// restoreMark is what that file holds.
type restoreMark struct {
	Backup string `json:"backup,omitzero"` // the manifest's sum
	Loaded bool   `json:"loaded"`          // log and vault are there whole
	// Accept is what an operator consented to, in place of a backup, and ID the event that records it.
	Accept Acceptable `json:"accept,omitzero"`
	ID     uuid.UUID  `json:"id,omitzero"`
}

func (m restoreMark) save(c *Config) error {
	b, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return replaceFile(c.path(restoringMark), b)
}

// restoreTarget refuses a folder that holds anything but a restore that broke off.
func restoreTarget(c *Config) (m restoreMark, err error) {
	b, err := os.ReadFile(c.path(restoringMark))
	if err == nil {
		if json.Unmarshal(b, &m) != nil || m.Backup == "" {
			return m, ErrOtherRestore
		}
		return m, nil
	}
	entries, err := os.ReadDir(c.Data)
	if errors.Is(err, os.ErrNotExist) {
		return m, nil
	}
	if err == nil && len(entries) > 0 {
		err = fmt.Errorf("%s: %w", c.Data, ErrRestoreNotEmpty)
	}
	return m, err
}

// ErrRestoreNotEmpty: a ledger is restored into an empty folder, log and vault only.
var ErrRestoreNotEmpty = errors.New("it is not empty: restore into a new one")

// emptySide refuses a log or a vault that holds anything.
func emptySide(ctx context.Context, side carry.Side) error {
	for _, err := range carry.Events(ctx, side.Log) {
		if err != nil {
			return err
		}
		return fmt.Errorf("log: %w", ErrRestoreNotEmpty)
	}
	return side.Vault.Dump(ctx, func(rows []vault.Row) error {
		if len(rows) > 0 {
			return fmt.Errorf("vault: %w", ErrRestoreNotEmpty)
		}
		return nil
	})
}

// unmarkRestore lets the folder be served.
func (s *Server) unmarkRestore() error { return mark(s.cfg.path(restoringMark), false) }

func backupFile(dir string) string { return filepath.Join(dir, backup.LedgerName) }
