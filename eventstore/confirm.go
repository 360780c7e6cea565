package eventstore

import (
	"context"
	"iter"
)

// Confirmer is a Store whose reads may lack, for a moment while the leader changes, what others were told is durable:
// a leader that was deposed and does not know yet answers from what it has. A Store that is no Confirmer
// has no such moment, and nothing it reads needs to be read again.
//
// What is rested on a read can be confirmed all the same. An append is acknowledged only where everything acknowledged before
// it is in the log as well. So: read, decide, append what was decided, and read again where that append stands.
type Confirmer interface {
	// ReadStreamSince is ReadStream forwards, answered by a node that has the event at a position, one that an append
	// was answered with: it gives all that anybody was told is durable before that append was asked for. The
	// node that took the append is asked at once; any other one has to show the event first. ErrUnavailable when none does.
	ReadStreamSince(ctx context.Context, since Position, stream string, from int64) iter.Seq2[Recorded, error]
}

// Near is a store in this process: reading of it costs no way to a server.
type Near interface {
	Store
	// Near does nothing.
	Near()
}
