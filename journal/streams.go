package journal

import (
	"context"
	"errors"
	"iter"
	"time"

	"accountledger/domain"
	"accountledger/eventstore"
)

// Read yields a stream's events from a version on, as the leader has them. A stream that does not exist
// yields nothing. One that operators let everybody go on past is a domain.PassedOver.
func (j *Journal) Read(ctx context.Context, stream string, from int64) iter.Seq2[Record, error] {
	return j.read(ctx, stream, eventstore.Forwards, from, j.Passes)
}

// ReadBack yields a stream's events from its last one backwards, without those that operators let everybody go on past.
func (j *Journal) ReadBack(ctx context.Context, stream string) iter.Seq2[Record, error] {
	return j.back(ctx, stream, eventstore.End, j.Passes)
}

// ReadBackFrom is ReadBack from a version on.
func (j *Journal) ReadBackFrom(ctx context.Context, stream string, from int64) iter.Seq2[Record, error] {
	return j.back(ctx, stream, from, j.Passes)
}

// ReadableBack is ReadBack for what counts even behind events that nobody can read: they are left out, passed over or not.
func (j *Journal) ReadableBack(ctx context.Context, stream string) iter.Seq2[Record, error] {
	return j.back(ctx, stream, eventstore.End, passUnreadable)
}

// LastOf reads the end of a stream without its events.
func (j *Journal) LastOf(ctx context.Context, stream string) (Head, error) {
	return j.end(ctx, stream, j.Passes)
}

// EndOf is LastOf for what is recorded even behind events that cannot be read: their times do not count.
func (j *Journal) EndOf(ctx context.Context, stream string) (Head, error) {
	return j.end(ctx, stream, passUnreadable)
}

// passing is nil when an event that decode refused is passed over, else the error that ends the reading.
type passing func(ctx context.Context, err error) error

// passUnreadable passes over what nobody can read, whether or not an operator said so.
func passUnreadable(_ context.Context, err error) error {
	var bad *UnreadableEventError
	if errors.As(err, &bad) {
		return nil
	}
	return err
}

// read yields a stream's events, with a domain.PassedOver in the place of each that passes.
func (j *Journal) read(ctx context.Context, stream string, d eventstore.Direction, from int64, passes passing) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		var at time.Time
		for stored, err := range j.stored(ctx, stream, d, from) {
			if err != nil {
				yield(Record{}, err)
				return
			}
			rec, err := j.decode(stored)
			if err != nil {
				if err = passes(ctx, err); err == nil {
					rec = over(&stored, at)
				}
			}
			at = rec.At
			if !yield(rec, err) || err != nil {
				return
			}
		}
	}
}

// back yields a stream's events backwards from a version on, without those that pass.
func (j *Journal) back(ctx context.Context, stream string, from int64, passes passing) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		for rec, err := range j.read(ctx, stream, eventstore.Backwards, from, passes) {
			if isPassed(rec) {
				continue
			}
			if !yield(rec, err) {
				return
			}
		}
	}
}

// end is the version of a stream's last event, and the time of the last one that does not pass.
func (j *Journal) end(ctx context.Context, stream string, passes passing) (Head, error) {
	head := NoStream(stream)
	for rec, err := range j.read(ctx, stream, eventstore.Backwards, eventstore.End, passes) {
		if err != nil {
			return Head{}, err
		}
		head.Version, head.At = max(head.Version, rec.Version), rec.At
		if !isPassed(rec) {
			break
		}
	}
	return head, nil
}

func isPassed(rec Record) bool {
	_, passed := rec.Event.(domain.PassedOver)
	return passed
}
