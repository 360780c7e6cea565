// Package salvage makes a backup of what can be read of a ledger whose log does not open.
package salvage

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"

	"accountledger/eventstore"
	"accountledger/internal/durable"
	"accountledger/replay/backup"
	"accountledger/replay/transfer"
	"accountledger/vault"
)

// Report is the file beside what was salvaged that says what is missing.
const Report = "salvage.json"

// stage is what progress calls the reading of the log.
const stage transfer.Stage = "salvaging"

// Salvaged is what a salvage did.
type Salvaged struct {
	eventstore.Salvaged
	// Missing is how many acknowledged events are not there, as far as that is known.
	Missing int64 `json:"missing"`
	// KeysLost is how many keys the events name and the vault, which is older, does not have: what they seal reads as gone.
	KeysLost int64       `json:"keys_lost,omitzero"`
	Backup   backup.Made `json:"backup"`
}

// Readable is what can be read of a log.
type Readable interface {
	// Each yields the events from the first one up to the first that cannot be found.
	Each(ctx context.Context, yield func(*eventstore.Recorded) error) error
	// Found is complete when Each has returned; the log's id, what was acknowledged and the damage are known before that.
	Found() eventstore.Salvaged
	Close() error
}

// Ledger is what is salvaged. It stays as it is.
type Ledger struct {
	// Vault is opened even where its last transactions are missing.
	Vault vault.Portable
	// List looks at the list of destructions; nil without an error where none is kept.
	List func(ctx context.Context) (*backup.List, error)
	// Read opens what can be read of the log. id is the log's if none of its files tells it; chunks is a folder that it may make and that
	// Close removes.
	Read func(ctx context.Context, id uuid.UUID, chunks string) (Readable, error)
	// New makes an empty log with an id in a folder.
	New func(dir string, id uuid.UUID) (eventstore.Store, error)

	Version string // of the program
	Now     func() time.Time
	Log     *slog.Logger
	Tell    transfer.Progress // may be nil
}

// Run makes a backup in a new folder: the events from the first one up to the first that cannot be found, so that every stream is whole
// as of there, and the vault. It is restored as any backup is, under a new log id. A salvage that was broken off starts over.
func (l *Ledger) Run(ctx context.Context, dir string) (out Salvaged, err error) {
	scratch := dir + ".salvaging"
	if err := os.RemoveAll(scratch); err != nil {
		return out, err
	}
	if err := os.MkdirAll(scratch, 0o700); err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(scratch)) }()
	log, err := l.read(ctx, scratch, &out)
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	lost, err := l.lost(ctx, log)
	if err != nil {
		return out, err
	}
	out.KeysLost = int64(len(lost))
	list, err := l.List(ctx)
	if err != nil { // the restore reads the list itself, and says what is wrong with it
		l.Log.Warn("the list of destructions could not be read", "error", err.Error())
	}
	s := &source{Ledger: l, log: log, vault: &buried{l.Vault, lost, l.Now()}, list: list}
	if out.Backup, err = backup.Make(ctx, s, dir, l.Tell); err != nil {
		return out, err
	}
	out.Missing = max(0, out.Acknowledged-out.Events, out.Behind)
	b, err := json.Marshal(out, jsontext.Multiline(true))
	if err != nil {
		return out, err
	}
	return out, durable.ReplaceBytes(filepath.Join(dir, Report), append(b, '\n'))
}

// read makes a log of what can be read, under the id of the one that it was.
func (l *Ledger) read(ctx context.Context, scratch string, out *Salvaged) (_ eventstore.Store, err error) {
	b, err := l.Vault.Binding(ctx)
	if err != nil {
		return nil, err
	}
	from, err := l.Read(ctx, b.Log, filepath.Join(scratch, "chunks"))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	log, err := l.New(filepath.Join(scratch, "log"), from.Found().Log)
	if err != nil {
		return nil, err
	}
	writer := transfer.NewWriter(ctx, log)
	defer writer.Close()
	err = from.Each(ctx, func(e *eventstore.Recorded) error {
		if l.Tell != nil {
			l.Tell(stage, e.Position.Int64(), 0, eventstore.UnitEvents)
		}
		return writer.Write(ctx, e)
	})
	if err == nil {
		err = writer.End(ctx)
	}
	out.Salvaged = from.Found()
	if err != nil {
		return nil, errors.Join(err, log.Close())
	}
	return log, nil
}

// lost names the keys that the vault lost: they read as gone in what is made.
func (l *Ledger) lost(ctx context.Context, log eventstore.Store) (names []string, err error) {
	err = transfer.MissingKeys(ctx, log, l.Vault, func(name string) error {
		names = append(names, name)
		return nil
	})
	return names, err
}

// source is what the backup is made from.
type source struct {
	*Ledger
	log   eventstore.Store
	vault vault.Portable
	list  *backup.List
}

// Start implements backup.Source.
func (s *source) Start(context.Context) (backup.Start, error) {
	return backup.StartOf(s.list, s.Now(), s.Version)
}

// Export implements backup.Source.
func (s *source) Export(ctx context.Context, from transfer.Place, out io.Writer) error {
	return transfer.Export(ctx, s.log, s.vault, from, out)
}

// Done implements backup.Source: a salvage is recorded nowhere.
func (s *source) Done(context.Context) error { return nil }
