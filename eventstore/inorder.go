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
	// answers, the first of them are durable and done holds what Append would have answered to each; err says
	// why the next one is not, with Append's errors, or ErrOutOfOrder. Of those behind it some may be
	// in the log: before anything is sent again, read what follows the last of done. Sending the same batches
	// again changes nothing where they are. Others write between the batches as they do between
	// appends. Once ctx has let it begin, it is not broken off.
	AppendInOrder(ctx context.Context, batches ...Batch) (done []Appended, err error)
}
