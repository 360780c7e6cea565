package restore

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"accountledger/commands"
	"accountledger/replay/fit"
	"accountledger/replay/transfer"
	"accountledger/replay/unfinished"
	"accountledger/vault"
)

// Target is where a ledger is made: log and vault, opened, and nothing else works on them.
type Target struct {
	Parts *fit.Parts
	Vault vault.Portable
	// Menu opens the commands.
	Menu  func(ctx context.Context) (*commands.Menu, error)
	Now   func() time.Time
	Close func() error
}

func (t *Target) side() transfer.Side { return transfer.Side{Log: t.Parts.Log, Vault: t.Vault} }

// loaded is the target once it holds an earlier state.
func (t *Target) loaded(ctx context.Context, tell transfer.Progress) (loaded, error) {
	menu, err := t.Menu(ctx)
	return loaded{Target: t, menu: menu, tell: tell}, err
}

// Maker makes a ledger in a data folder, and for other engines in a log and a vault, that are empty or that an earlier try broke off
// in. Nothing can be served from the folder before all of it is done.
type Maker struct {
	Folder string
	// Keys says where the master keys are; List is where the configuration keeps its list of destructions, "" for nowhere.
	Keys func() (vault.KeyFiles, error)
	List string
	// Open makes what is not there.
	Open func(ctx context.Context) (*Target, error)
	UID  int               // of the operator
	Tell transfer.Progress // may be nil
}

// begun is the mark of an earlier try of the same command; the zero Mark in a folder that is empty. refuse is the error for any other.
func (m *Maker) begun(command unfinished.Command, refuse error) (unfinished.Mark, error) {
	mark, err := unfinished.Of(m.Folder)
	if err == nil && mark.Command == command {
		return mark, nil
	}
	entries, err := os.ReadDir(m.Folder)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return unfinished.Mark{}, nil
	case err == nil && len(entries) > 0:
		err = fmt.Errorf("%s: %w", m.Folder, refuse)
	}
	return unfinished.Mark{}, err
}

// mark makes the folder and marks it.
func (m *Maker) mark(mark unfinished.Mark) error {
	if err := os.MkdirAll(m.Folder, 0o700); err != nil {
		return err
	}
	return mark.Save(m.Folder)
}
