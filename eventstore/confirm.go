package eventstore

import (
	"context"
	"iter"
)

// Confirmer is a Store whose reads may briefly miss events already acknowledged to others: during a change of leader, a
// leader that was deposed and does not know it yet answers from what it has. A Store that is not a Confirmer has no such
// window, and its reads need no confirmation.
//
// A decision based on such a read can still be confirmed. An append is acknowledged only where everything acknowledged
// before it is in the log too. So read, decide, append the decision, then read again at the position of that append.
type Confirmer interface {
	// ReadStreamSince is ReadStream forwards, answered by a node that has the event at since, the position an append
	// returned. It yields every event acknowledged before that append was requested. The node that took the append is
	// used at once; any other has to show that it has the event first. ErrUnavailable when none does.
	ReadStreamSince(ctx context.Context, since Position, stream string, from int64) iter.Seq2[Recorded, error]
}

// Near is a store in this process: reading it takes no network round trip.
type Near interface {
	Store
	// Near does nothing.
	Near()
}
