package embedded

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/batchrepr"
	"github.com/cockroachdb/pebble/v2/sstable"
	"github.com/cockroachdb/pebble/v2/sstable/block"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/wal"
	"github.com/google/uuid"

	"accountledger/eventstore"
)

// Salvage is what can be read of a log that does not open. It must be closed.
type Salvage struct {
	// Salvaged is complete when Each has returned; Log, Acknowledged and Damage are known before that.
	eventstore.Salvaged
	fs      vfs.FS
	scratch string
	into    *pebble.DB
}

// OpenSalvage reads every sorted file and every write-ahead file of a log on its own, whatever the list of files says,
// and changes nothing in the log. Options.ID is the log's id if none of its files tells it. scratch is a folder that it
// creates and Close removes; it takes as much room as the log. ErrMissing if there is no log.
func OpenSalvage(ctx context.Context, opts Options, scratch string) (_ *Salvage, err error) {
	opts.setDefaults()
	dir := opts.FS.PathJoin(opts.Dir, pebbleName)
	there, err := Exists(opts.Dir, opts.FS)
	if err != nil || !there {
		return nil, errors.Join(err, missingIf(err == nil, opts.Dir))
	}
	s := &Salvage{fs: opts.FS, scratch: scratch}
	s.into, err = pebble.Open(scratch, &pebble.Options{DisableWAL: true, FormatMajorVersion: pebble.FormatNewest, Logger: quietLog{}})
	if err != nil {
		return nil, fmt.Errorf("embedded: the scratch folder of a salvage: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	if err := s.files(ctx, dir); err != nil {
		return nil, err
	}
	if s.Log == uuid.Nil {
		s.Log = opts.ID
	}
	if s.Log != uuid.Nil {
		acknowledged, _, err := readWitnesses(opts.FS, opts.witnessFiles(), s.Log)
		if err != nil {
			return nil, err
		}
		s.Acknowledged = int64(acknowledged) //nolint:gosec // positions stay below 2^63
	}
	return s, nil
}

// Found is what was found, as far as is known by now.
func (s *Salvage) Found() eventstore.Salvaged { return s.Salvaged }

// Close removes the scratch folder.
func (s *Salvage) Close() error {
	return errors.Join(s.into.Close(), vfs.Default.RemoveAll(s.scratch))
}

// quietLog drops what Pebble says about the scratch folder; a fault there is an error of the call that meets it.
type quietLog struct{}

func (quietLog) Infof(string, ...any)  {}
func (quietLog) Errorf(string, ...any) {}
func (quietLog) Fatalf(format string, args ...any) {
	panic(fmt.Sprintf(format, args...))
}

func (s *Salvage) files(ctx context.Context, dir string) error {
	names, err := s.fs.List(dir)
	if err != nil {
		return fmt.Errorf("embedded: salvage: %w", err)
	}
	slices.Sort(names) // by number, so that what was written last wins
	for _, name := range names {
		if !strings.HasSuffix(name, ".sst") {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		path := s.fs.PathJoin(dir, name)
		if err := s.sorted(ctx, path); err != nil {
			s.damage(path, -1, err)
		}
	}
	logs, err := wal.Scan(wal.Dir{FS: s.fs, Dirname: dir})
	if err != nil {
		s.damage(dir, -1, err)
	}
	for _, log := range logs {
		if err := ctx.Err(); err != nil {
			return err
		}
		at, err := s.writeAhead(log)
		if err != nil {
			s.damage(at.PhysicalFile, at.Physical, err)
		}
	}
	manifest, offset, err := firstBadManifest(s.fs, dir)
	if err != nil {
		s.damage(manifest, offset, err)
	}
	return nil
}

func (s *Salvage) damage(file string, offset int64, err error) {
	s.Damage = append(s.Damage, eventstore.SalvageDamage{File: filepath.Base(file), Offset: offset, Reason: firstLine(err)})
}

// sorted takes the contents of a sorted file, up to its first damaged block.
func (s *Salvage) sorted(ctx context.Context, path string) (err error) {
	defer func() {
		if p := recover(); p != nil { // Pebble trusts its files, and checksums do not cover all of them
			err = fmt.Errorf("it cannot be read: %T", p)
		}
	}()
	r, err := openSorted(ctx, s.fs, path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	iter, err := r.NewIter(block.NoTransforms, nil, nil, sstable.AssertNoBlobHandles)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, iter.Close()) }()
	for kv := iter.First(); kv != nil; kv = iter.Next() {
		value, _, err := kv.Value(nil)
		if err != nil {
			return err
		}
		if kv.Kind() == pebble.InternalKeyKindSet || kv.Kind() == pebble.InternalKeyKindSetWithDelete {
			if err := s.take(kv.K.UserKey, value); err != nil {
				return err
			}
		}
	}
	return iter.Error()
}

func openSorted(ctx context.Context, fs vfs.FS, path string) (*sstable.Reader, error) {
	f, err := fs.Open(path)
	if err != nil {
		return nil, err
	}
	readable, err := sstable.NewSimpleReadable(f)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	o := &pebble.Options{}
	o.EnsureDefaults()
	return sstable.NewReader(ctx, readable, o.MakeReaderOptions())
}

// writeAhead takes the contents of a write-ahead file, up to its end or to what cannot be read.
func (s *Salvage) writeAhead(log wal.LogicalLog) (wal.Offset, error) {
	r := log.OpenForRead()
	defer func() { _ = r.Close() }()
	var b bytes.Buffer
	for {
		record, at, err := r.NextRecord()
		if errors.Is(err, io.EOF) {
			return at, nil
		}
		if err != nil {
			return at, err
		}
		b.Reset()
		if _, err := io.Copy(&b, record); err != nil {
			return at, err
		}
		if _, ok := batchrepr.ReadHeader(b.Bytes()); !ok {
			return at, errors.New("a record is not a batch")
		}
		reader := batchrepr.Read(b.Bytes())
		for {
			kind, key, value, ok, err := reader.Next()
			if err != nil {
				return at, err
			}
			if !ok {
				break
			}
			if kind == pebble.InternalKeyKindSet {
				if err := s.take(key, value); err != nil {
					return at, err
				}
			}
		}
	}
}

// take keeps a chunk that is whole, and the record about the log.
func (s *Salvage) take(key, value []byte) error {
	if bytes.Equal(key, metaKey()) {
		if m, ok := parseMeta(value); ok {
			s.Log = m.log
		}
		return nil
	}
	if len(key) == 0 || key[0] != spaceLog {
		return nil
	}
	c, err := parseChunk(key, value)
	if err == nil {
		err = c.check()
	}
	if err != nil {
		return err
	}
	return s.into.Set(key, value, pebble.NoSync)
}

// check reads every record of a chunk.
func (c *chunk) check() error {
	for position := c.first; position < c.end(); position++ {
		if err := c.seek(position); err != nil {
			return err
		}
		body, sum, _, err := c.body()
		if err != nil {
			return err
		}
		if _, reason := decode(position, body, sum, nil); reason != "" {
			return damaged(position, reason)
		}
	}
	return nil
}

// Each yields the events in the log's order, from the first up to the first that cannot be found, and counts those behind
// it. An event's bytes do not change afterwards.
func (s *Salvage) Each(ctx context.Context, each func(*eventstore.Recorded) error) (err error) {
	iter, err := s.into.NewIter(nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, iter.Close()) }()
	next := uint64(1)
	for ok := iter.First(); ok; ok = iter.Next() {
		if err := ctx.Err(); err != nil {
			return err
		}
		value, err := iter.ValueAndErr()
		if err != nil {
			return err
		}
		c, err := parseChunk(iter.Key(), bytes.Clone(value)) // events refer to it
		if err != nil {
			return err
		}
		if c.first != next {
			s.Behind += int64(c.count) //nolint:gosec // bounded by maxCount
			continue
		}
		for ; next < c.end(); next++ {
			if err := c.seek(next); err != nil {
				return err
			}
			body, sum, _, err := c.body()
			if err != nil {
				return err
			}
			r, _ := decode(next, body, sum, nil)
			if err := each(&r); err != nil {
				return err
			}
			s.Events++
		}
	}
	return iter.Error()
}
