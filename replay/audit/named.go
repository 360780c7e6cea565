package audit

import (
	"context"
	"encoding/binary"
	"hash/maphash"

	"accountledger/eventstore"
)

// A log is one history, read in order or stream by stream. Each stream is read by name when its first event is met in order; one
// reading adds its events to a sum, the other subtracts them, and the result is zero if they are the same.

// hashOf is an event's part of the sum.
func (w *logWalk) hashOf(e *eventstore.Recorded) uint64 {
	var h maphash.Hash
	h.SetSeed(w.seed)
	b := binary.BigEndian.AppendUint64(w.small[:0], uint64(e.Version)) //nolint:gosec // versions are not negative
	b = append(b, e.ID[:]...)
	b = binary.BigEndian.AppendUint64(b, uint64(len(e.Data)))
	w.small = b
	_, _ = h.Write(b)
	_, _ = h.WriteString(e.Stream)
	_, _ = h.WriteString("\x00")
	_, _ = h.WriteString(e.Type)
	_, _ = h.WriteString("\x00")
	_, _ = h.Write(e.Data)
	_, _ = h.Write(e.Metadata)
	return h.Sum64()
}

// byName sums a stream's events up to the head of the walk.
func (w *logWalk) byName(ctx context.Context, stream string) (sum uint64, err error) {
	for e, err := range w.Log.ReadStream(ctx, stream, eventstore.Forwards, eventstore.Start) {
		if err != nil {
			return 0, err
		}
		if e.Position.Compare(w.head) > 0 {
			break
		}
		sum += w.hashOf(&e)
	}
	return sum, nil
}

// differing reads the log again to find and record the first event that differs between the two readings.
func (w *logWalk) differing(ctx context.Context) error {
	bad := map[uint64]bool{}
	for h, last := range w.last {
		if last.sum != 0 {
			bad[h] = true
		}
	}
	if len(bad) == 0 {
		return nil
	}
	for page, err := range eventstore.Pages(ctx, w.Log, eventstore.Position{}, sincePage) {
		if err != nil {
			return err
		}
		for i := range page.Events {
			e := &page.Events[i]
			if bad[maphash.String(w.seed, e.Stream)] {
				return w.at(e, "the stream read by name differs from the log read in order")
			}
		}
	}
	return nil
}
