package eventstore

import "context"

// Batch is the arguments of one Append.
type Batch struct {
	Stream   string
	Expected int64
	Events   []Event
}

// Sequencer is a Store that takes many appends at once and gives them their places in the order
// in which they are handed over, so that a log can be copied without waiting for the disk once an append.
// Appends of several callers to Store.Append have no order among themselves.
type Sequencer interface {
	// AppendInOrder does what Append would for each batch, one behind the other. When it
	// answers, the first done of them are durable, and err says why the next one is not, with Append's
	// errors; of those behind it some may be. Others write between the batches as they do between
	// appends. Once ctx has let it begin, it is not broken off.
	AppendInOrder(ctx context.Context, batches ...Batch) (done int, err error)
}
