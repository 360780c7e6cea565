package esdbtest

import (
	"context"
	"errors"
	"io"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	api "github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"
)

// streams is the service of streams.
type streams struct {
	api.UnimplementedStreamsServer
	*Node
}

// proposal is a requested append.
type proposal struct {
	stream   string
	expected int64
	events   []record
}

// Append implements the protocol.
func (s *streams) Append(call api.Streams_AppendServer) error {
	ctx, generation := call.Context(), s.cluster.log.current()
	p, err := s.receive(call)
	if err != nil {
		return err
	}
	if s.requiresLeader(ctx) && !s.leads() {
		return s.notLeader(call)
	}
	if s.pretends.Load() {
		<-ctx.Done() // the other nodes no longer follow
		return status.Error(codes.Aborted, "Operation timed out: Prepare phase timeout.")
	}
	fault := s.cluster.faults.next()
	switch fault {
	case LoseRequest:
		return s.breakOff(ctx)
	case StallRequest:
		<-ctx.Done()
		return ctx.Err()
	case LateRequest:
		s.cluster.late.Add(1)
		go func() {
			defer s.cluster.late.Done()
			<-ctx.Done()
			_, _ = s.carryOut(call, generation, p)
		}()
		<-ctx.Done()
		return ctx.Err()
	case TooBusy:
		return status.Error(codes.Unavailable, "Server Is Too Busy")
	case Delay:
		s.cluster.faults.delay(ctx)
	default: // the others come after the append
	}
	// Once begun, an append does not stop because its client has gone.
	resp, err := s.carryOut(call, generation, p)
	if err != nil {
		return err
	}
	switch fault {
	case LoseReply:
		return s.breakOff(ctx)
	case StallReply:
		<-ctx.Done()
		return ctx.Err()
	case TimeOut:
		return errCommitTimeout
	case WrongVersion:
		if success := resp.GetSuccess(); success != nil {
			resp = wrong(p.expected, int64(success.GetCurrentRevision())) // counted in int64
		}
	case NoPosition:
		if success := resp.GetSuccess(); success != nil {
			success.PositionOption = &api.AppendResp_Success_NoPosition{NoPosition: &shared.Empty{}}
		}
	default: // the others came before
	}
	return call.SendAndClose(resp)
}

var errCommitTimeout = status.Error(codes.Aborted, "Operation timed out: Commit phase timeout.")

func (s *streams) breakOff(ctx context.Context) error {
	if p, ok := peer.FromContext(ctx); ok {
		s.listener.drop(p.Addr.String())
	}
	return status.Error(codes.Unavailable, "the connection is broken")
}

func (s *streams) receive(call api.Streams_AppendServer) (p proposal, err error) {
	first, err := call.Recv()
	if err != nil {
		return p, err
	}
	o := first.GetOptions()
	p.stream = string(o.GetStreamIdentifier().GetStreamName())
	s.cluster.calls.add("append " + p.stream)
	if err := s.cluster.authorize(call, callerOf(call.Context()), p.stream, toWrite); err != nil {
		return p, err
	}
	switch revision := o.GetExpectedStreamRevision().(type) {
	case *api.AppendReq_Options_Revision:
		p.expected = int64(revision.Revision) // counted in int64
	case *api.AppendReq_Options_NoStream:
		p.expected = noStream
	case *api.AppendReq_Options_Any:
		p.expected = expectAny
	case *api.AppendReq_Options_StreamExists:
		p.expected = expectExists
	default:
		return p, errThrown
	}
	most, size := s.cluster.limits(), 0
	for {
		req, err := call.Recv()
		if errors.Is(err, io.EOF) {
			return p, nil
		}
		if err != nil {
			return p, err
		}
		e, err := propose(call, req.GetProposedMessage())
		if err != nil {
			return p, err
		}
		bytes := len(e.data) + len(e.metadata) + 2*len(e.typ)
		if bytes > most.event {
			return p, eventTooLarge(call, e.id, bytes, most.event)
		}
		if size += bytes; size > most.append {
			return p, appendTooLarge(call, most.append)
		}
		if e.typ == "" {
			return p, errThrown
		}
		p.events = append(p.events, e)
	}
}

func propose(call trailed, m *api.AppendReq_ProposedMessage) (record, error) {
	for _, name := range []string{"type", "content-type"} {
		if _, ok := m.GetMetadata()[name]; !ok {
			return record{}, propertyMissing(call, name)
		}
	}
	return record{
		id: readID(m.GetId()), typ: m.GetMetadata()["type"], content: m.GetMetadata()["content-type"],
		data: m.GetData(), metadata: m.GetCustomMetadata(),
	}, nil
}

// carryOut appends. While the leader is alone, it keeps the events and answers with a timeout.
func (s *streams) carryOut(call api.Streams_AppendServer, generation uint64, p proposal) (*api.AppendResp, error) {
	if s.cluster.log.current() != generation {
		return nil, status.Error(codes.Unavailable, "Connection dropped")
	}
	o := s.cluster.log.write(p.stream, p.expected, p.events)
	switch o.decision {
	case gone:
		return nil, streamDeleted(call, p.stream)
	case refused:
		return wrong(p.expected, o.revision), nil
	case accepted:
		s.cluster.appended()
	case repeated:
	}
	if s.cluster.alone.Load() {
		_ = pause(call.Context(), s.cluster.opts.CommitTimeout)
		s.cluster.resign()
		return nil, errCommitTimeout
	}
	return s.success(o), nil
}

// appended counts an append, and the server adds an entry of its own now and then.
func (c *Cluster) appended() {
	n := c.appends.Add(1)
	if every := c.opts.SystemEvery; every > 0 && n%uint64(every) == 0 {
		c.log.addStatistics()
	}
}

func (s *streams) success(o outcome) *api.AppendResp {
	ok := &api.AppendResp_Success{CurrentRevisionOption: &api.AppendResp_Success_NoStream{NoStream: &shared.Empty{}}}
	if o.revision != noStream {
		ok.CurrentRevisionOption = &api.AppendResp_Success_CurrentRevision{CurrentRevision: uint64(o.revision)}
	}
	ok.PositionOption = &api.AppendResp_Success_NoPosition{NoPosition: &shared.Empty{}}
	if o.at != 0 {
		ok.PositionOption = &api.AppendResp_Success_Position{Position: &api.AppendResp_Position{
			CommitPosition: o.at, PreparePosition: s.cluster.log.prepare(o.at),
		}}
	}
	return &api.AppendResp{Result: &api.AppendResp_Success_{Success: ok}}
}

// wrong states the revisions twice, as servers do for old clients. An expected missing stream is
// reported as the largest number.
func wrong(expected, actual int64) *api.AppendResp {
	w := &api.AppendResp_WrongExpectedVersion{}
	switch expected {
	case expectAny:
		w.ExpectedRevisionOption = &api.AppendResp_WrongExpectedVersion_ExpectedAny{ExpectedAny: &shared.Empty{}}
		w.ExpectedRevisionOption_20_6_0 = &api.AppendResp_WrongExpectedVersion_Any_20_6_0{Any_20_6_0: &shared.Empty{}}
	case expectExists:
		w.ExpectedRevisionOption = &api.AppendResp_WrongExpectedVersion_ExpectedStreamExists{ExpectedStreamExists: &shared.Empty{}}
		w.ExpectedRevisionOption_20_6_0 = &api.AppendResp_WrongExpectedVersion_StreamExists_20_6_0{StreamExists_20_6_0: &shared.Empty{}}
	default:
		revision := uint64(expected) // below 0 becomes the largest
		w.ExpectedRevisionOption = &api.AppendResp_WrongExpectedVersion_ExpectedRevision{ExpectedRevision: revision}
		w.ExpectedRevisionOption_20_6_0 = &api.AppendResp_WrongExpectedVersion_ExpectedRevision_20_6_0{ExpectedRevision_20_6_0: revision}
	}
	if actual == noStream {
		w.CurrentRevisionOption = &api.AppendResp_WrongExpectedVersion_CurrentNoStream{CurrentNoStream: &shared.Empty{}}
		w.CurrentRevisionOption_20_6_0 = &api.AppendResp_WrongExpectedVersion_NoStream_20_6_0{NoStream_20_6_0: &shared.Empty{}}
	} else {
		revision := uint64(actual)
		w.CurrentRevisionOption = &api.AppendResp_WrongExpectedVersion_CurrentRevision{CurrentRevision: revision}
		w.CurrentRevisionOption_20_6_0 = &api.AppendResp_WrongExpectedVersion_CurrentRevision_20_6_0{CurrentRevision_20_6_0: revision}
	}
	return &api.AppendResp{Result: &api.AppendResp_WrongExpectedVersion_{WrongExpectedVersion: w}}
}
