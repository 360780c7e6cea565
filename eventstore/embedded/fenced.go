package embedded

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"

	"github.com/cockroachdb/pebble/v2"
	"github.com/google/uuid"

	"accountledger/eventstore"
)

var _ eventstore.Fencer = (*Store)(nil)

// Fence implements eventstore.Fencer. Nobody else can have the folder open, so it waits only for
// the appends under way.
func (s *Store) Fence(ctx context.Context, f eventstore.Fence) error {
	if err := f.Check(); err != nil {
		return err
	}
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.leave()
	s.fencing.Lock()
	defer s.fencing.Unlock()
	switch stands := s.queue.fenced(); {
	case stands == f:
		return nil
	case !stands.IsZero():
		return fmt.Errorf("%w: another fence is set", eventstore.ErrFenced)
	}
	quiet := s.queue.setFence(f)
	var err error
	select {
	case <-quiet:
		err = s.writeFence(func() error { return s.db.Set(fenceKey(), encodeFence(f), pebble.Sync) })
	case <-s.queue.failed:
		err = s.queue.refusal()
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil {
		s.queue.setFence(eventstore.Fence{})
	}
	return err
}

// Unfence implements eventstore.Fencer.
func (s *Store) Unfence(ctx context.Context) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.leave()
	s.fencing.Lock()
	defer s.fencing.Unlock()
	if s.queue.fenced().IsZero() {
		return nil
	}
	if err := s.writeFence(func() error { return s.db.Delete(fenceKey(), pebble.Sync) }); err != nil {
		return err
	}
	s.queue.setFence(eventstore.Fence{})
	return nil
}

// Fenced implements eventstore.Fencer.
func (s *Store) Fenced(ctx context.Context) (eventstore.Fence, error) {
	if err := s.enter(ctx); err != nil {
		return eventstore.Fence{}, err
	}
	defer s.leave()
	return s.queue.fenced(), nil
}

// writeFence makes a change to the fence durable. Pebble never returns from some writes that fail.
func (s *Store) writeFence(write func() error) error {
	done := make(chan error, 1)
	go func() { done <- write() }()
	var err error
	select {
	case err = <-done:
	case <-s.queue.failed:
	}
	if cause := s.queue.failure(); cause != nil {
		return fmt.Errorf("%w: %w", eventstore.ErrReadOnly, cause)
	}
	if err != nil {
		err = fmt.Errorf("embedded: write the fence: %w", err)
		s.fail(err)
		return fmt.Errorf("%w: %w", eventstore.ErrReadOnly, err)
	}
	return nil
}

// A stored fence: the reason (1 byte), the log that continues (16 bytes), CRC32C of both (4 bytes).
const fenceSize = 1 + 16 + crcSize

// The reasons, as stored.
const (
	storedMove    = 1
	storedArchive = 2
)

func encodeFence(f eventstore.Fence) []byte {
	value := []byte{storedMove}
	if f.Reason == eventstore.FenceArchive {
		value[0] = storedArchive
	}
	value = append(value, f.Target[:]...)
	return binary.BigEndian.AppendUint32(value, crc32.Checksum(value, castagnoli))
}

// readFence reads the stored fence; the zero Fence when there is none.
func readFence(db *pebble.DB) (f eventstore.Fence, err error) {
	value, closer, err := db.Get(fenceKey())
	if errors.Is(err, pebble.ErrNotFound) {
		return f, nil
	}
	if err != nil {
		return f, readError(err, 0)
	}
	defer func() { err = errors.Join(err, closer.Close()) }()
	if len(value) != fenceSize || binary.BigEndian.Uint32(value[17:]) != crc32.Checksum(value[:17], castagnoli) {
		return f, damaged(0, "the fence cannot be read")
	}
	switch value[0] {
	case storedMove:
		f.Reason = eventstore.FenceMove
	case storedArchive:
		f.Reason = eventstore.FenceArchive
	default:
		return f, damaged(0, "the fence has an unknown reason")
	}
	f.Target = uuid.UUID(value[1:17])
	return f, nil
}
