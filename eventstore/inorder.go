package eventstore

import "context"

// Batch holds the arguments of one Append.
type Batch struct {
	Stream   string
	Expected int64
	Events   []Event
}

// Sequencer is a Store that takes many appends at once and puts them in the log in the order
// they are passed, so that a log can be copied without waiting for the disk on each append.
// Concurrent calls of Store.Append have no order.
type Sequencer interface {
	// AppendInOrder does what Append would for each batch, one after another. When it
	// returns, the first of them are durable and done holds what Append would have returned for each; err says
	// why the next one is not, with Append's errors, or ErrOutOfOrder. Some of those after it may be
	// in the log: before sending anything again, read what follows the last of done. Sending the same batches
	// again changes nothing if they are there. Other writers may append between the batches as they may between
	// appends. Once begun, it is not interrupted by ctx.
	AppendInOrder(ctx context.Context, batches ...Batch) (done []Appended, err error)
}
