// Package witness keeps small files that record up to which number something was acknowledged. A store that lost its end looks whole
// by itself; a witness kept outside it shows, when it is opened, that something is missing.
//
// A witness is written after each acknowledged step and not synced: after the process ends it is exact, after a loss of
// power it may be older than the store, never newer.
//
// Two records take turns, so that one survives a torn write: the id of its subject (16 bytes), the number (8
// bytes, big-endian), CRC32C of both (4 bytes).
package witness

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"

	"github.com/google/uuid"
)

const (
	record = 16 + 8 + 4
	// slot is the distance between the records, so that each has its own sector.
	slot  = 512
	slots = 2
)

// a table of constants
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// File is the file of a witness.
type File interface {
	io.ReaderAt
	io.WriterAt
	io.Closer
	Sync() error
}

// Witness is an open file. It is not safe for concurrent use.
type Witness struct {
	file File
	of   uuid.UUID
	turn int64
}

// Begin makes a file the witness of a number. Both records are written now, so that no later write needs room on the
// disk; it is durable when Begin returns. On an error the file is closed.
func Begin(file File, of uuid.UUID, number uint64) (*Witness, error) {
	w := &Witness{file: file, of: of}
	for range slots {
		if err := w.Set(number); err != nil {
			return nil, errors.Join(err, file.Close())
		}
	}
	if err := w.Sync(); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return w, nil
}

// Open is Begin for a path; if the file already records a larger number, it keeps that.
func Open(path string, of uuid.UUID, number uint64) (*Witness, error) {
	said, err := Look(path, of)
	if err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("the file of acknowledgements: %w", err)
	}
	return Begin(f, of, max(said, number))
}

// Look is Read for a path; 0 if there is no file.
func Look(path string, of uuid.UUID) (uint64, error) {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("the file of acknowledgements: %w", err)
	}
	defer func() { _ = f.Close() }()
	return Read(f, of)
}

// Read returns the number that a file records, 0 if none: it is about something else, or a loss of power left
// it unreadable.
func Read(file io.ReaderAt, of uuid.UUID) (uint64, error) {
	var number uint64
	for i := range int64(slots) {
		var b [record]byte
		_, err := file.ReadAt(b[:], i*slot)
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			continue
		}
		if err != nil {
			return 0, fmt.Errorf("the file of acknowledgements: %w", err)
		}
		if binary.BigEndian.Uint32(b[24:]) != crc32.Checksum(b[:24], castagnoli) || uuid.UUID(b[:16]) != of {
			continue
		}
		number = max(number, binary.BigEndian.Uint64(b[16:24]))
	}
	return number, nil
}

// Set records that everything up to number has been acknowledged.
func (w *Witness) Set(number uint64) error {
	var b [record]byte
	copy(b[:], w.of[:])
	binary.BigEndian.PutUint64(b[16:], number)
	binary.BigEndian.PutUint32(b[24:], crc32.Checksum(b[:24], castagnoli))
	if _, err := w.file.WriteAt(b[:], w.turn*slot); err != nil {
		return fmt.Errorf("the file of acknowledgements: %w", err)
	}
	w.turn = (w.turn + 1) % slots
	return nil
}

// Sync makes the last number durable.
func (w *Witness) Sync() error {
	if err := w.file.Sync(); err != nil {
		return fmt.Errorf("the file of acknowledgements: %w", err)
	}
	return nil
}

// Close closes the file.
func (w *Witness) Close() error { return w.file.Close() }
