package esdbtest

import (
	"context"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	api "github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
)

// queueLength is how many messages of one batch call may wait. A real server has no limit.
const queueLength = 4096

// Queued is the largest number of messages of batch calls that waited at one time.
func (c *Cluster) Queued() int64 { return c.queuedMost.Load() }

// wait adds to the number of waiting messages.
func (c *Cluster) wait(n int64) {
	now := c.queued.Add(n)
	for most := c.queuedMost.Load(); now > most && !c.queuedMost.CompareAndSwap(most, now); most = c.queuedMost.Load() {
	}
}

// batching is a batch call, with many appends.
type batching struct {
	*streams
	call       api.Streams_BatchAppendServer
	generation uint64
	pending    map[string]*queued // incomplete ones, by correlation id
	held       *queued            // until the next one is written
}

// queued is one append of such a call.
type queued struct {
	proposal
	id   *shared.UUID
	size int
}

// BatchAppend implements the protocol as a real server does: appends are written in the order in which their last messages
// arrive, and each is answered. A refused one does not stop those after it. A node that is not the leader
// ends the call. Once the client has closed its side, there are no more answers.
func (s *streams) BatchAppend(call api.Streams_BatchAppendServer) error {
	b := &batching{streams: s, call: call, generation: s.cluster.log.current(), pending: make(map[string]*queued)}
	requests := make(chan *api.BatchAppendReq, queueLength)
	go func() {
		defer close(requests)
		for {
			req, err := call.Recv()
			if err != nil {
				return
			}
			s.cluster.wait(1)
			select {
			case requests <- req:
			case <-call.Context().Done():
				return
			}
		}
	}()
	for req := range requests {
		s.cluster.wait(-1)
		p, err := b.take(req)
		if err == nil && p != nil {
			err = b.final(p)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// take gathers the messages of an append, and returns it when it is complete. A refused one is answered. The error ends the call.
func (b *batching) take(req *api.BatchAppendReq) (*queued, error) {
	id := readID(req.GetCorrelationId()).String()
	if o := req.GetOptions(); o != nil && b.pending[id] == nil {
		p := &queued{id: req.GetCorrelationId()}
		p.stream = string(o.GetStreamIdentifier().GetStreamName())
		if b.cluster.authorize(untold{}, callerOf(b.call.Context()), p.stream, toWrite) != nil {
			return nil, b.refuse(p, codes.PermissionDenied, &shared.AccessDenied{})
		}
		switch at := o.GetExpectedStreamPosition().(type) {
		case *api.BatchAppendReq_Options_StreamPosition:
			p.expected = int64(at.StreamPosition) // counted in int64
		case *api.BatchAppendReq_Options_NoStream:
			p.expected = noStream
		case *api.BatchAppendReq_Options_Any:
			p.expected = expectAny
		case *api.BatchAppendReq_Options_StreamExists:
			p.expected = expectExists
		default:
			return nil, b.refuse(p, codes.InvalidArgument, &shared.BadRequest{})
		}
		b.pending[id] = p
	}
	p := b.pending[id]
	if p == nil {
		return nil, nil
	}
	if refused := b.add(p, req.GetProposedMessages()); refused != nil {
		delete(b.pending, id)
		return nil, b.call.Send(refused)
	}
	if !req.GetIsFinal() {
		return nil, nil
	}
	delete(b.pending, id)
	return p, nil
}

// add adds events to an append, or returns the answer that refuses it.
func (b *batching) add(p *queued, messages []*api.BatchAppendReq_ProposedMessage) (refused *api.BatchAppendResp) {
	most := b.cluster.limits()
	for _, m := range messages {
		kind, content := m.GetMetadata()["type"], m.GetMetadata()["content-type"]
		if kind == "" || content == "" {
			return failed(p, codes.InvalidArgument, &shared.BadRequest{})
		}
		bytes := len(m.GetData()) + len(m.GetCustomMetadata()) + 2*len(kind)
		if bytes > most.event {
			return eventExceeds(p)
		}
		if p.size += bytes; p.size > most.append {
			return failed(p, codes.InvalidArgument, &shared.MaximumAppendSizeExceeded{MaxAppendSize: uint32(most.append)})
		}
		p.events = append(p.events, record{id: readID(m.GetId()), typ: kind, content: content, data: m.GetData(), metadata: m.GetCustomMetadata()})
	}
	return nil
}

// final carries out a complete append and answers it. The error ends the call.
func (b *batching) final(p *queued) error {
	ctx := b.call.Context()
	if !b.leads() && b.requiresLeader(ctx) {
		return b.notLeader(b.call)
	}
	if b.pretends.Load() {
		<-ctx.Done() // the other nodes no longer follow
		return ctx.Err()
	}
	if !serves(b.state()) {
		return b.call.Send(notHandled(p, "Server Is Not Ready"))
	}
	fault := b.cluster.faults.next()
	switch fault {
	case Overtake:
		b.held = p
		return nil
	case LoseRequest:
		return b.breakOff(ctx)
	case StallRequest:
		<-ctx.Done()
		return ctx.Err()
	case LateRequest:
		<-ctx.Done()
		_, err := b.write(p)
		return err
	case TooBusy:
		return b.call.Send(notHandled(p, "Server Is Busy"))
	case Delay:
		b.cluster.faults.delay(ctx)
	default: // the others come after the append
	}
	answer, err := b.write(p)
	if err != nil {
		return err
	}
	switch done := answer.GetSuccess(); {
	case fault == LoseReply:
		return b.breakOff(ctx)
	case fault == StallReply:
		return nil
	case fault == TimeOut:
		answer = failed(p, codes.DeadlineExceeded, &shared.Timeout{})
	case fault == WrongVersion && done != nil:
		answer = batchWrong(p, int64(done.GetCurrentRevision())) // counted in int64
	case fault == NoPosition && done != nil:
		done.PositionOption = &api.BatchAppendResp_Success_NoPosition{NoPosition: &emptypb.Empty{}}
	}
	if err := b.call.Send(answer); err != nil || b.held == nil {
		return err
	}
	if answer, err = b.write(b.held); err != nil {
		return err
	}
	b.held = nil
	return b.call.Send(answer)
}

// write appends, even if the client has gone, and returns the answer. While the leader is alone, it keeps the events and answers with a timeout.
func (b *batching) write(p *queued) (*api.BatchAppendResp, error) {
	if b.cluster.log.current() != b.generation {
		return nil, status.Error(codes.Unavailable, "Connection dropped")
	}
	o := b.cluster.log.write(p.stream, p.expected, p.events)
	switch o.decision {
	case gone:
		return failed(p, codes.NotFound, &shared.StreamDeleted{}), nil
	case refused:
		return batchWrong(p, o.revision), nil
	case accepted:
		b.cluster.appended()
	case repeated:
	}
	if b.cluster.alone.Load() {
		_ = pause(context.WithoutCancel(b.call.Context()), b.cluster.opts.CommitTimeout)
		b.cluster.resign()
		return failed(p, codes.DeadlineExceeded, &shared.Timeout{}), nil
	}
	return b.done(p, o), nil
}

// untold is an answer without trailers.
type untold struct{}

// SetTrailer implements trailed.
func (untold) SetTrailer(metadata.MD) {}
