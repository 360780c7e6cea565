package move

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"accountledger/consumers/effects"
	"accountledger/eventstore"
	"accountledger/internal/durable"
	"accountledger/leases"
	"accountledger/replay/audit"
)

// Effects is where a ledger keeps the places of its consumers with effects outside: in files of its data folder, and where processes
// share the work, with the lease.
type Effects struct {
	Folder string
	// Shared names the consumers whose place goes with the lease, and Leases opens these; nil where one process does all the work.
	Shared []string
	Leases func(ctx context.Context) (*leases.Keeper, error)
}

// Place is where a consumer with effects outside stands.
type Place struct {
	Consumer string
	At       eventstore.Checkpoint
}

const checkpointSuffix = ".checkpoint"

// Places tells where the consumers stand. One whose place cannot be read is left out: it begins at the head wherever it goes on.
func (e *Effects) Places(ctx context.Context) ([]Place, error) {
	var all []Place
	files, err := filepath.Glob(filepath.Join(e.Folder, "*"+checkpointSuffix))
	if err != nil {
		return nil, err
	}
	for _, path := range files {
		b, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		} else if err != nil {
			return nil, err
		}
		all = addPlace(all, strings.TrimSuffix(filepath.Base(path), checkpointSuffix), b)
	}
	if e.Leases == nil {
		return all, nil
	}
	keeper, err := e.Leases(ctx)
	if err != nil {
		return nil, err
	}
	table, err := keeper.Look(ctx)
	if err != nil {
		return nil, err
	}
	for _, name := range e.Shared {
		if row, ok := table.Find(name); ok {
			all = addPlace(slices.DeleteFunc(all, func(p Place) bool { return p.Consumer == name }), name, row.Place)
		}
	}
	return all, nil
}

func addPlace(all []Place, consumer string, place []byte) []Place {
	at, err := effects.DecodeCheckpoint(place)
	if err != nil {
		return all
	}
	return append(all, Place{consumer, at})
}

// Set has a consumer go on from a place. It is durable.
func (e *Effects) Set(ctx context.Context, p Place) error {
	b, err := effects.EncodeCheckpoint(p.At)
	if err != nil {
		return err
	}
	if e.Leases == nil || !slices.Contains(e.Shared, p.Consumer) {
		return durable.ReplaceBytes(filepath.Join(e.Folder, p.Consumer+checkpointSuffix), b)
	}
	keeper, err := e.Leases(ctx)
	if err != nil {
		return err
	}
	lease, err := keeper.Acquire(ctx, p.Consumer)
	if errors.Is(err, leases.ErrHeld) {
		return fmt.Errorf("%w: stop the servers, and run the move again: where messages stand is not transferred yet", err)
	} else if err != nil {
		return err
	}
	return errors.Join(lease.Save(ctx, b), lease.Release(ctx))
}

// Consumers are those with effects outside, as audits and starts look at them.
func (e *Effects) Consumers(ctx context.Context) ([]audit.Consumer, error) {
	places, err := e.Places(ctx)
	var all []audit.Consumer
	for _, p := range places {
		all = append(all, audit.Consumer{Name: p.Consumer, At: func(context.Context) (eventstore.Checkpoint, error) { return p.At, nil }})
	}
	return all, err
}
