package esdb

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"time"

	api "github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/google/uuid"
	"golang.org/x/sync/semaphore"

	"accountledger/eventstore"
)

// What one call may have under way. It is more than a server writes at once, but little enough
// for a server that takes up to two seconds to answer each append, or gives it up.
const (
	inFlightBytes   = 4 << 20
	inFlightAppends = 512
	// aloneBytes is the size from which a batch is sent alone: a server may be set to refuse what is large,
	// and would then write what follows without it.
	aloneBytes = 64 << 10
)

var _ eventstore.Sequencer = (*Store)(nil)

// AppendInOrder implements eventstore.Sequencer with one call that carries all batches; the leader takes them
// in order. That holds for its administrators: for other users it looks up the rights to a stream for each append, and one
// that is approved sooner overtakes. The positions in the answers show that, and then the error is ErrOutOfOrder.
func (s *Store) AppendInOrder(ctx context.Context, batches ...eventstore.Batch) ([]eventstore.Appended, error) {
	if err := s.begin(ctx, &s.appends); err != nil {
		return nil, err
	}
	defer s.appends.Done()
	for i := range batches {
		if err := eventstore.CheckAppend(batches[i].Stream, batches[i].Expected, batches[i].Events); err != nil {
			return nil, err
		}
		if !s.named(batches[i].Stream) {
			return nil, errReserved
		}
	}
	if len(batches) == 0 {
		return nil, nil
	}
	if _, err := s.id(ctx); err != nil { // no log has events without an id
		return nil, err
	}
	s.watchNode()
	var all []eventstore.Appended
	for {
		done, err := s.appendInOrder(ctx, batches[len(all):])
		if len(all) > 0 && len(done) > 0 && done[0].Position.Compare(all[len(all)-1].Position) <= 0 {
			return all, eventstore.ErrOutOfOrder
		}
		if all = append(all, done...); len(done) == 0 || !errors.Is(err, errUnsent) {
			return all, err
		}
	}
}

// errUnsent: the server refused an append that is in the log, so those after it were not sent.
var errUnsent = fmt.Errorf("%w: an append was not sent", eventstore.ErrUnavailable)

func (s *Store) appendInOrder(ctx context.Context, batches []eventstore.Batch) ([]eventstore.Appended, error) {
	n, err := s.leader.acquire(ctx)
	if err != nil {
		return nil, err
	}
	defer s.leader.release(n)
	ctx = context.WithoutCancel(ctx)
	o, err := newOrdered(s, n, batches)
	if err != nil {
		return nil, err
	}
	broken := o.run(ctx)
	s.blame(ctx, s.leader, n, broken)
	done, err := o.done(ctx, broken)
	if err != nil {
		s.blame(ctx, s.leader, n, err)
		s.log.Warn("appends in order broke off", "done", len(done), "of", len(batches), "error", err)
	}
	return done, err
}

// ordered is one call with many appends.
type ordered struct {
	*Store
	node    *node
	batches []eventstore.Batch
	number  uint64              // of the call, for its correlation ids
	limit   time.Duration       // for each append
	room    *semaphore.Weighted // in bytes

	mu       sync.Mutex
	sent     []time.Time // when each batch was sent; the rest never were
	answers  []*answer   // to each batch, or nil
	answered int         // how many
	oldest   int         // the first without an answer
	stopped  bool        // nothing more is sent
	stop     error       // why the batch after the last sent one was not sent
	expired  bool        // an answer did not come in time
}

// answer is the server's answer to one append.
type answer struct {
	appended eventstore.Appended
	err      error
}

func newOrdered(s *Store, n *node, batches []eventstore.Batch) (*ordered, error) {
	id, err := uuid.NewRandom()
	if err != nil {
		return nil, err
	}
	return &ordered{
		Store: s, node: n, batches: batches, number: binary.BigEndian.Uint64(id[:8]), limit: min(s.opts.CallTimeout, appendLife),
		room: semaphore.NewWeighted(inFlightBytes), sent: make([]time.Time, 0, len(batches)), answers: make([]*answer, len(batches)),
	}, nil
}

// run sends the batches until one is refused, and collects the answers to all that was sent. The error is a
// *fault that says why answers are missing.
func (o *ordered) run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	call, err := o.node.streams.BatchAppend(asLeader(ctx))
	if err != nil {
		return o.diagnosed("appending in order", err, nil)
	}
	sending, stop := context.WithCancel(ctx)
	var group sync.WaitGroup
	group.Go(func() {
		o.send(sending, call)
		o.end(cancel)
	})
	defer group.Wait()
	defer stop()
	timer := o.watch(ctx, cancel)
	defer timer.Stop()
	for {
		resp, err := call.Recv()
		if err != nil {
			if o.complete() {
				return nil
			}
			return o.diagnosed("appending in order", err, call.Trailer())
		}
		if !o.take(resp) {
			stop()
		}
		o.end(cancel)
	}
}

// send sends the batches, as far as there is room.
func (o *ordered) send(ctx context.Context, call api.Streams_BatchAppendClient) {
	defer func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.stopped = true
	}()
	for i := range o.batches {
		if o.room.Acquire(ctx, o.weight(i)) != nil {
			return
		}
		if err := o.unfenced(ctx, o.node); err != nil {
			if ctx.Err() == nil {
				o.mu.Lock()
				o.stop = err
				o.mu.Unlock()
			}
			return
		}
		o.mu.Lock()
		o.sent = append(o.sent, time.Now())
		o.mu.Unlock()
		if call.Send(o.request(i)) != nil {
			return // the answers end with the reason
		}
	}
}

// weight is how much room a batch takes: a small one its size, a large one all of it.
func (o *ordered) weight(i int) int64 {
	b, size := &o.batches[i], 0
	for j := range b.Events {
		size += len(b.Events[j].Type) + len(b.Events[j].Data) + len(b.Events[j].Metadata)
	}
	if size > aloneBytes {
		return inFlightBytes
	}
	return int64(max(size, inFlightBytes/inFlightAppends))
}

// complete reports whether nothing more will be sent and everything sent is answered.
func (o *ordered) complete() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.stopped && o.answered == len(o.sent)
}

// end ends the call when it is complete. It does not close the sending side first: a server would stop answering.
func (o *ordered) end(cancel func()) {
	if o.complete() {
		cancel()
	}
}

// watch ends the call when an append has no answer in time.
func (o *ordered) watch(ctx context.Context, cancel func()) *time.Timer {
	var timer *time.Timer
	check := func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		if ctx.Err() != nil {
			return
		}
		left := o.limit
		if o.oldest < len(o.sent) {
			left -= time.Since(o.sent[o.oldest])
		}
		if left > 0 {
			timer.Reset(left)
			return
		}
		o.expired = true
		cancel()
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	timer = time.AfterFunc(o.limit, check)
	return timer
}

// take records an answer, and reports whether more may be sent.
func (o *ordered) take(resp *api.BatchAppendResp) bool {
	i, a := o.index(resp), answer{}
	if i < 0 {
		return true
	}
	a.appended, a.err = o.read(&o.batches[i], resp)
	o.mu.Lock()
	defer o.mu.Unlock()
	if i >= len(o.sent) || o.answers[i] != nil {
		return true
	}
	o.answers[i] = &a
	o.answered++
	for o.oldest < len(o.sent) && o.answers[o.oldest] != nil {
		o.oldest++
	}
	if a.err != nil {
		return false // its room is not given back, so what waits for it is not sent
	}
	o.room.Release(o.weight(i))
	o.node.reach(a.appended.Position)
	return true
}
