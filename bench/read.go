package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"runtime"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"accountledger/eventstore"
)

// readPage is how many events are read at once, as a rebuild does.
const readPage = 2048

// readRows measures reading and decoding all events of a population.
func readRows(ctx context.Context, c config) (rows []Row, err error) {
	w, err := populated(ctx, c, c.accounts)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, w.close(ctx)) }()
	raw, err := os.MkdirTemp(c.dir, "raw")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(raw)) }()
	if err := copyRaw(ctx, w, raw); err != nil {
		return nil, err
	}
	read := func(cores int) func() (Rate, error) {
		return func() (Rate, error) { return onCores(cores, func() (Rate, error) { return readDecoded(ctx, w) }) }
	}
	one, control, err := inTurns(c.rounds, read(1), func() (Rate, error) {
		return onCores(1, func() (Rate, error) { return readRaw(raw) })
	})
	if err != nil {
		return nil, err
	}
	two, _, err := inTurns(c.rounds, read(2), func() (Rate, error) { return Rate{}, nil })
	if err != nil {
		return nil, err
	}
	second := compared("reading all events, decoded, two cores", "events/s", two, control, 0.30)
	second.Note = fmt.Sprintf("%.2f times one core", two.PerSecond/one.PerSecond)
	return []Row{compared("reading all events, decoded, one core", "events/s", one, control, 0.15), second}, nil
}

// onCores runs work on so many processors.
func onCores(n int, work func() (Rate, error)) (Rate, error) {
	before := runtime.GOMAXPROCS(n)
	defer runtime.GOMAXPROCS(before)
	runtime.GC()
	return work()
}

func readDecoded(ctx context.Context, w *world) (Rate, error) {
	began, events := time.Now(), 0
	for page, err := range w.journal.Pages(ctx, eventstore.Checkpoint{}, readPage) {
		if err == nil {
			err = page.Waits
		}
		if err != nil {
			return Rate{}, err
		}
		events += len(page.Records)
	}
	return Rate{PerSecond: float64(events) / time.Since(began).Seconds()}, nil
}

// copiedEvents is enough to measure how fast raw records are read.
const copiedEvents = 2_000_000

// copyRaw stores the bytes of every event, or of the first copiedEvents, under its position in a separate Pebble: what a
// program that only reads them in order would keep.
func copyRaw(ctx context.Context, w *world, dir string) (err error) {
	db, err := openRaw(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	var key [8]byte
	var value []byte
	copied := 0
	for page, err := range eventstore.Pages(ctx, w.store, eventstore.Position{}, readPage) {
		if err != nil {
			return err
		}
		batch := db.NewBatch()
		for i := range page.Events {
			e := &page.Events[i]
			binary.BigEndian.PutUint64(key[:], e.Position.Commit())
			value = append(append(append(append(value[:0], e.ID[:]...), e.Stream...), e.Type...), e.Metadata...)
			value = append(value, e.Data...)
			if err := batch.Set(key[:], value, nil); err != nil {
				return err
			}
		}
		if err := errors.Join(db.Apply(batch, pebble.NoSync), batch.Close()); err != nil {
			return err
		}
		if copied += len(page.Events); copied >= copiedEvents {
			break
		}
	}
	return errors.Join(db.Flush(), db.Compact(ctx, []byte{0}, []byte{255}, false))
}

func openRaw(dir string) (*pebble.DB, error) {
	return pebble.Open(dir, &pebble.Options{FormatMajorVersion: pebble.FormatNewest, Logger: silent{}})
}

// readRaw reads every record's bytes in order.
func readRaw(dir string) (rate Rate, err error) {
	db, err := openRaw(dir)
	if err != nil {
		return rate, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	began := time.Now()
	iter, err := db.NewIter(nil)
	if err != nil {
		return rate, err
	}
	records, bytes := 0, 0
	for valid := iter.First(); valid; valid = iter.Next() {
		value, err := iter.ValueAndErr()
		if err != nil {
			return rate, errors.Join(err, iter.Close())
		}
		records, bytes = records+1, bytes+len(value)
	}
	if err := errors.Join(iter.Error(), iter.Close()); err != nil {
		return rate, err
	}
	if bytes == 0 {
		return rate, errors.New("nothing was read")
	}
	return Rate{PerSecond: float64(records) / time.Since(began).Seconds()}, nil
}

// silent discards Pebble's log output.
type silent struct{}

func (silent) Infof(string, ...any)  {}
func (silent) Errorf(string, ...any) {}
func (silent) Fatalf(format string, args ...any) {
	panic(fmt.Sprintf(format, args...))
}
