package server

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/go-json-experiment/json"
	"github.com/google/uuid"

	"accountledger/internal/durable"
	"accountledger/replay/backup"
	"accountledger/replay/fit"
	"accountledger/replay/restore"
)

// restoringMark is a file in the data folder of a ledger that is being restored there.
const restoringMark = "restoring"

// restoreMark is what that file holds.
type restoreMark struct {
	Backup string `json:"backup,omitzero"` // the manifest's sum
	Loaded bool   `json:"loaded"`          // log and vault are there whole
	// Accept is what an operator consented to, in place of a backup, and ID the event that records it.
	Accept fit.Acceptable `json:"accept,omitzero"`
	ID     uuid.UUID      `json:"id,omitzero"`
}

func (m restoreMark) save(c *Config) error {
	b, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return durable.ReplaceBytes(c.path(restoringMark), b)
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
		err = fmt.Errorf("%s: %w", c.Data, restore.ErrNotEmpty)
	}
	return m, err
}

// unmarkRestore lets the folder be served.
func (s *Server) unmarkRestore() error { return mark(s.cfg.path(restoringMark), false) }

func backupFile(dir string) string { return filepath.Join(dir, backup.LedgerName) }
