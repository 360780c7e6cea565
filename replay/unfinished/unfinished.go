// Package unfinished marks the data folder of a ledger that is not whole yet, so that nothing is served from it: a move, an import, a
// restore or an acceptance was begun there and has not come to its end.
package unfinished

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/go-json-experiment/json"
	"github.com/google/uuid"

	"accountledger/internal/durable"
	"accountledger/replay/fit"
)

// Command is what was begun.
type Command string

// Commands.
const (
	Move    Command = "move"
	Import  Command = "import"
	Restore Command = "restore"
	Accept  Command = "accept"
)

// Mark says what was begun in a folder, and how far it is.
type Mark struct {
	Command Command `json:"command"`
	// Loaded: log and vault are there whole. Only then is anything added to them.
	Loaded bool `json:"loaded"`
	// Backup is the sum of the manifest of the backup that is restored.
	Backup string `json:"backup,omitzero"`
	// Accept is what an operator consented to, and ID the event that records it.
	Accept fit.Acceptable `json:"accept,omitzero"`
	ID     uuid.UUID      `json:"id,omitzero"`
}

// Errors of Refuse.
var (
	// ErrTransfer: a move or an import was begun.
	ErrTransfer = errors.New("this data folder is the target of a move or import that has not come to its end: run that command again, or delete the folder")
	// ErrRestore: a restore was begun, or nobody can tell what.
	ErrRestore = errors.New("this data folder is the target of a restore that has not finished: run that command again, or delete the folder")
	// ErrAccept: what an operator accepted has not come to its end.
	ErrAccept = errors.New("this data folder is to go on from an earlier state, and that has not come to its end: run serve with the same --accept and " +
		"--reason again")
)

const fileName = "unfinished"

func pathIn(folder string) string { return filepath.Join(folder, fileName) }

// Of reads the mark of a data folder; the zero Mark where there is none. A mark that cannot be read is ErrRestore.
func Of(folder string) (m Mark, err error) {
	b, err := os.ReadFile(pathIn(folder))
	if errors.Is(err, os.ErrNotExist) {
		return m, nil
	}
	if err == nil {
		err = json.Unmarshal(b, &m)
	}
	if err == nil && m.Command == "" {
		err = errors.New("it names no command")
	}
	if err != nil {
		return Mark{}, fmt.Errorf("%w (%s: %w)", ErrRestore, pathIn(folder), err)
	}
	return m, nil
}

// Save marks a data folder. The mark survives a loss of power.
func (m Mark) Save(folder string) error {
	b, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return durable.ReplaceBytes(pathIn(folder), b)
}

// Clear lets a data folder be served. It is durable.
func Clear(folder string) error {
	return errors.Join(durable.Remove(pathIn(folder)), durable.SyncFolder(folder))
}

// Refuse refuses a folder whose ledger is not whole.
func Refuse(folder string) error {
	m, err := Of(folder)
	switch {
	case err != nil:
		return err
	case m.Command == "":
		return nil
	case m.Command == Accept:
		return fmt.Errorf("%w: it was begun with --accept %s", ErrAccept, m.Accept)
	case m.Command == Restore:
		return ErrRestore
	}
	return ErrTransfer
}
