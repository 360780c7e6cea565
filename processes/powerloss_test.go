package processes_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"

	"accountledger/domain"
	"accountledger/eventstore"
	"accountledger/faults/disk"
	"accountledger/journal"
	"accountledger/processes"
)

// TestLossOfPower cuts the power while the list of deadlines follows the log: afterwards it may stand at an
// earlier checkpoint, with the deadlines of exactly that.
func TestLossOfPower(t *testing.T) {
	t.Parallel()
	if err := losePower(t, disk.Under(t, t.TempDir())); err != nil {
		t.Error(err)
	}
}

// TestLossOfPowerWithoutSync is the control: a list whose syncs do nothing must end in a state that it never was in.
func TestLossOfPowerWithoutSync(t *testing.T) {
	t.Parallel()
	d := disk.Under(t, t.TempDir())
	d.IgnoreSyncs("")
	err := losePower(t, d)
	if err == nil {
		t.Fatal("every state was one of the list's although nothing was synced")
	}
	t.Logf("lost, as it must be: %.200v", err)
}

// losePower has one deadline more after each page, and looks for a list that holds another number than its
// checkpoint says.
func losePower(t *testing.T, d *disk.Disk) error {
	t.Helper()
	now := func() time.Time { return time.Date(2026, 5, 17, 12, 0, 0, 0, time.UTC) }
	open := func(ctx context.Context, dir string) (*processes.Processes, error) {
		var said bytes.Buffer
		p, err := processes.Open(ctx, processes.Deps{Now: now, Log: slog.New(slog.NewTextHandler(&said, nil)), Path: filepath.Join(dir, "deadlines.db")})
		if err == nil && said.Len() > 0 { // a loss of power is no damage
			err = errors.Join(errors.New(said.String()), p.Close())
		}
		return p, err
	}
	list, err := open(t.Context(), d.Dir())
	fatal(t, err)
	defer func() { fatal(t, list.Close()) }()
	var images []string
	d.Watch(func(op int) {
		if op > 10 && op%113 != 0 {
			return
		}
		dir := t.TempDir()
		fatal(t, d.Cut(dir, uint64(len(images))))
		images = append(images, dir)
	})
	log := uuid.New()
	for n := range uint64(700) {
		id := uuid.New()
		fact := domain.Fact{ID: domain.EventID{UUID: uuid.New()}, Stream: "signup-" + id.String(), Event: domain.SignUpRequested{},
			Metadata: domain.Metadata{At: now()}}
		at := eventstore.NewPosition(n+1, n+1)
		fatal(t, list.Handle(t.Context(), journal.Page{Records: []journal.Record{{Fact: fact, Position: at}},
			Checkpoint: journal.Checkpoint{Log: log, Position: at, Event: fact.ID.UUID}}))
	}
	d.Watch(nil)
	if len(images) < 12 {
		t.Fatalf("the power went only %d times", len(images))
	}
	// By now the write-ahead file has been copied into the list's file at least once, so without syncs these are torn.
	for _, left := range []disk.Survivors{disk.None, disk.Newest, disk.Alternating} {
		dir := t.TempDir()
		fatal(t, d.CutLeaving(dir, left))
		images = append(images, dir)
	}
	for n, dir := range images {
		if err := agrees(t.Context(), open, dir); err != nil {
			return fmt.Errorf("loss %d: %w", n, err)
		}
	}
	return nil
}

func agrees(ctx context.Context, open func(context.Context, string) (*processes.Processes, error), dir string) error {
	list, err := open(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { _ = list.Close() }()
	at, err := list.Checkpoint(ctx)
	if err != nil {
		return err
	}
	waiting, err := list.Waiting(ctx)
	if err != nil {
		return err
	}
	if int64(waiting) != at.Position.Int64() {
		return fmt.Errorf("%d deadlines at position %s", waiting, at.Position)
	}
	return nil
}
