package audit

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"time"

	"github.com/go-json-experiment/json"

	"accountledger/domain"
	"accountledger/eventstore"
	"accountledger/journal"
	"accountledger/replay/transfer"
)

const (
	// streamsAtOnce is the default of Ledger.StreamsAtOnce.
	streamsAtOnce = 4 << 20
	// bytesAnEvent is the least number of bytes per event, for a log that counts in bytes.
	bytesAnEvent = 256
)

// errFault ends a walk whose fault has been recorded.
var errFault = errors.New("audit: a fault was found")

// logWalk is one walk over the log, in as many passes as the streams need.
type logWalk struct {
	*Ledger
	report *Report
	keys   *transfer.KeyCheck
	ended  *endedCheck
	seed   maphash.Seed
	head   eventstore.Position // when the walk began
	small  []byte
	passes uint64
	pass   uint64
	last   map[uint64]lastOf // by the hash of the stream's name
}

func (l *Ledger) walkLog(ctx context.Context, r *Report) error {
	w := &logWalk{Ledger: l, report: r, keys: transfer.NewKeyCheck(l.Vault), ended: &endedCheck{vault: l.Vault}, seed: maphash.MakeSeed()}
	head, err := l.Log.Head(ctx)
	if err != nil {
		return err
	}
	w.head = head.Position
	if w.passes, err = l.passesNeeded(ctx); err != nil {
		return err
	}
	for w.pass = 0; w.pass < w.passes && err == nil; w.pass++ {
		w.last = map[uint64]lastOf{}
		see := w.first
		if w.pass > 0 {
			see = w.order
		}
		var d transfer.Digest
		d, err = transfer.SumTold(ctx, l.Log, l.Tell, func(e *eventstore.Recorded) error { return see(ctx, e) })
		if w.pass == 0 {
			r.Digest = d
			if err == nil && !l.Archive {
				err = w.missing(w.keys.End(ctx))
			}
			if err == nil && !l.Archive {
				err = w.missing(w.ended.end(ctx))
			}
			r.Keys, r.KeysDestroyed = w.keys.Live, w.keys.Destroyed
		}
		if err == nil {
			err = w.differing(ctx)
		}
	}
	l.newest = w.ended.newest
	var corrupt *eventstore.CorruptError
	switch {
	case errors.Is(err, errFault):
		return nil
	case errors.As(err, &corrupt):
		r.fault(Fault{Where: InLog, File: corrupt.File, Offset: corrupt.Offset, Position: corrupt.At.String(), Reason: corrupt.Reason})
		return nil
	}
	return err
}

// passesNeeded is how often the log is read so that the streams of one pass fit into memory.
func (l *Ledger) passesNeeded(ctx context.Context) (uint64, error) {
	head, err := l.Log.Head(ctx)
	if err != nil {
		return 0, err
	}
	n, unit, err := l.Log.Distance(ctx, eventstore.Position{}, head.Position)
	if err != nil {
		return 0, err
	}
	if unit == eventstore.UnitBytes {
		n /= bytesAnEvent
	}
	most := l.StreamsAtOnce
	if most <= 0 {
		most = streamsAtOnce
	}
	return uint64(n/most) + 1, nil //nolint:gosec // neither is negative
}

// first is the first pass: it checks everything in an event.
func (w *logWalk) first(ctx context.Context, e *eventstore.Recorded) error {
	f, err := w.Journal.Decode(*e)
	var newer *journal.UnknownTypeError
	var unreadable *journal.UnreadableEventError
	switch {
	case errors.As(err, &newer):
		w.report.Newer[e.Type]++
	case errors.As(err, &unreadable):
		if err := w.Journal.Passes(ctx, err); err != nil {
			return w.at(e, err.Error())
		}
		w.report.PassedOver++
		return w.order(ctx, e)
	case err != nil:
		return w.at(e, err.Error())
	}
	if !w.Archive {
		if err := w.missing(w.keys.See(ctx, e)); err != nil {
			return err
		}
		if err == nil && domain.EndsKeys(e.Type) {
			if err := w.missing(w.ended.see(ctx, e, f)); err != nil {
				return err
			}
		}
	}
	return w.order(ctx, e)
}

// order checks that versions are consecutive and times do not go back, for the streams of this pass.
func (w *logWalk) order(ctx context.Context, e *eventstore.Recorded) error {
	h := maphash.String(w.seed, e.Stream)
	if h%w.passes != w.pass {
		return nil
	}
	before, known := w.last[h]
	if !known {
		before.version = eventstore.NoStream
	}
	at, err := w.timeOf(ctx, e, before.at)
	if err != nil {
		return w.at(e, "its metadata have no time")
	}
	if e.Version == eventstore.Start && e.Position.Compare(w.head) <= 0 {
		sum, err := w.byName(ctx, e.Stream)
		if err != nil {
			return err
		}
		before.sum += sum
	}
	if e.Position.Compare(w.head) <= 0 {
		before.sum -= w.hashOf(e)
	}
	if at.After(w.ended.newest) {
		w.ended.newest = at
	}
	if e.Version != before.version+1 || at.Before(before.at) {
		// Two streams may have the same hash; the stream itself decides.
		if reason, err := w.broken(ctx, e.Stream); err != nil || reason != "" {
			return errors.Join(err, w.at(e, reason))
		}
	}
	w.last[h] = lastOf{e.Version, at, before.sum}
	return nil
}

// timeOf is when an event was recorded; a skipped one has the time of the one before it in its stream.
func (w *logWalk) timeOf(ctx context.Context, e *eventstore.Recorded, before time.Time) (time.Time, error) {
	var m struct {
		At time.Time `json:"at"`
	}
	err := json.Unmarshal(e.Metadata, &m)
	if err == nil && !m.At.IsZero() {
		return m.At, nil
	}
	if _, err := w.Journal.Decode(*e); w.Journal.Passes(ctx, err) == nil {
		return before, nil
	}
	return m.At, err
}

// broken reads a stream and returns what is wrong with its order, or "".
func (w *logWalk) broken(ctx context.Context, stream string) (string, error) {
	next := int64(0)
	var at time.Time
	var position eventstore.Position
	for e, err := range w.Log.ReadStream(ctx, stream, eventstore.Forwards, eventstore.Start) {
		if err != nil {
			return "", err
		}
		now, err := w.timeOf(ctx, &e, at)
		switch {
		case err != nil:
			return fmt.Sprintf("version %d has no time", e.Version), nil
		case e.Version != next:
			return fmt.Sprintf("version %d is where %d should be", e.Version, next), nil
		case now.Before(at):
			return fmt.Sprintf("version %d has an earlier time than the one before it", e.Version), nil
		case e.Position.Compare(position) <= 0 && !position.IsZero():
			return fmt.Sprintf("version %d precedes the version before it in the log", e.Version), nil
		}
		next, at, position = next+1, now, e.Position
	}
	if next == 0 {
		return "the stream cannot be found by its name", nil
	}
	return "", nil
}

// at records a fault of an event.
func (w *logWalk) at(e *eventstore.Recorded, reason string) error {
	w.report.fault(Fault{Where: InLog, Position: e.Position.String(), Stream: e.Stream, Version: &e.Version, Reason: reason})
	return errFault
}

// missing records a key that the vault does not know, or has although it is destroyed; other errors pass through.
func (w *logWalk) missing(err error) error {
	var m *transfer.KeyMissingError
	var live *LiveError
	switch {
	case errors.As(err, &m):
		w.report.fault(Fault{Where: InKeys, Stream: m.Stream, Version: &m.Version, Name: m.Key, Reason: transfer.ErrKeyMissing.Error()})
	case errors.As(err, &live):
		w.report.fault(Fault{Where: InKeys, Position: live.at.String(), Stream: live.Stream, Version: &live.Version, Name: live.Key,
			Reason: "the event records that the key was destroyed, but the vault has it"})
	default:
		return err
	}
	return errFault
}
