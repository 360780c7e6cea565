package embedded

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/google/uuid"
)

// witness is a small file beside Pebble's folder that says up to which position
// appends have been acknowledged. Pebble takes damage in the end of its newest
// write-ahead file for a write that a crash cut short, and drops acknowledged events
// without a word; with the witness, Open finds that they are missing.
//
// It is written after each commit and not synced: after the end of the process it is
// exact, after a loss of power it may be older than the log, never newer.
//
// Two records take turns, so one survives a write that was cut in two:
// log id (16 bytes), head (8 bytes, big-endian), CRC32C of both (4 bytes).
type witness struct {
	file vfs.File
	log  uuid.UUID
	turn int64
	head uint64
}

const (
	witnessName   = "acknowledged"
	witnessRecord = 16 + 8 + 4
	witnessSlot   = 512
	witnessSlots  = 2
)

// openWitness opens or makes the file, and reads what it says of this log.
func openWitness(fs vfs.FS, name string, log uuid.UUID) (_ *witness, err error) {
	head, err := readWitness(fs, name, log)
	if err != nil {
		return nil, err
	}
	file, err := fs.OpenReadWrite(name, vfs.WriteCategoryUnspecified)
	if err != nil {
		return nil, fmt.Errorf("embedded: the file of acknowledged appends: %w", err)
	}
	w := &witness{file: file, log: log}
	defer func() {
		if err != nil {
			_ = file.Close()
		}
	}()
	// Both slots get their bytes now, so that no later write needs room on the disk.
	for range witnessSlots {
		if err := w.set(head); err != nil {
			return nil, err
		}
	}
	return w, w.sync()
}

// readWitness is the head that the file bears witness of, 0 when there is none. A
// file that a loss of power left unreadable says nothing, and neither does another log's.
func readWitness(fs vfs.FS, name string, log uuid.UUID) (uint64, error) {
	file, err := fs.Open(name)
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("embedded: the file of acknowledged appends: %w", err)
	}
	defer func() { _ = file.Close() }()
	var head uint64
	for slot := range int64(witnessSlots) {
		var record [witnessRecord]byte
		_, err := file.ReadAt(record[:], slot*witnessSlot)
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			continue
		}
		if err != nil {
			return 0, fmt.Errorf("embedded: the file of acknowledged appends: %w", err)
		}
		sum := binary.BigEndian.Uint32(record[24:])
		if sum != crc32.Checksum(record[:24], castagnoli) || uuid.UUID(record[:16]) != log {
			continue
		}
		head = max(head, binary.BigEndian.Uint64(record[16:24]))
	}
	return head, nil
}

// set records that everything up to head has been acknowledged.
func (w *witness) set(head uint64) error {
	var record [witnessRecord]byte
	copy(record[:], w.log[:])
	binary.BigEndian.PutUint64(record[16:], head)
	binary.BigEndian.PutUint32(record[24:], crc32.Checksum(record[:24], castagnoli))
	if _, err := w.file.WriteAt(record[:], w.turn*witnessSlot); err != nil {
		return fmt.Errorf("embedded: the file of acknowledged appends: %w", err)
	}
	w.turn, w.head = (w.turn+1)%witnessSlots, head
	return nil
}

func (w *witness) sync() error {
	if err := w.file.Sync(); err != nil {
		return fmt.Errorf("embedded: the file of acknowledged appends: %w", err)
	}
	return nil
}

func (w *witness) close() error { return w.file.Close() }
