package journal

import (
	"context"
	"iter"

	"accountledger/eventstore"
)

// MayLag reports whether what is read of a stream may, for a moment while the log's leader changes, lack what others were
// told is durable. Where it may, a decision that must not is read again after it was recorded; see Since.
func (j *Journal) MayLag() bool {
	_, ok := j.store.(eventstore.Confirmer)
	return ok
}

// Near reports whether the log is in this process, so that reading of it costs no way to a server.
func (j *Journal) Near() bool {
	_, ok := j.store.(eventstore.Near)
	return ok
}

type sinceKey struct{}

// Since makes a context for reads after an append: Read of a stream then gives all that anybody was told is durable
// before that append, which stands at a position, was asked for, also while the leader changes.
func Since(ctx context.Context, at Position) context.Context {
	return context.WithValue(ctx, sinceKey{}, at)
}

// stored reads a stream as its bytes are.
func (j *Journal) stored(ctx context.Context, stream string, d eventstore.Direction, from int64) iter.Seq2[eventstore.Recorded, error] {
	at, since := ctx.Value(sinceKey{}).(Position)
	if confirmer, ok := j.store.(eventstore.Confirmer); ok && since && d == eventstore.Forwards {
		return confirmer.ReadStreamSince(ctx, at, stream, from)
	}
	return j.store.ReadStream(ctx, stream, d, from)
}
