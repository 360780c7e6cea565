package esdbtest

import (
	"math"

	api "github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// batch is how many events are read at a time, as on a real server.
const batch = 32

// Read implements the protocol: reads, and subscriptions to $all.
func (s *streams) Read(req *api.ReadReq, call api.Streams_ReadServer) error {
	o, by := req.GetOptions(), callerOf(call.Context())
	name := "$all"
	if o.GetAll() == nil {
		name = string(o.GetStream().GetStreamIdentifier().GetStreamName())
	}
	s.cluster.calls.add("read " + name)
	if err := s.cluster.authorize(call, by, name, toRead); err != nil {
		return err
	}
	if s.requiresLeader(call.Context()) && !s.leads() {
		return s.notLeader(call)
	}
	backwards := o.GetReadDirection() == api.ReadReq_Options_Backwards
	switch {
	case o.GetResolveLinks():
		return status.Error(codes.Unimplemented, "the test server does not resolve links")
	case o.GetStream() != nil && o.GetSubscription() == nil && backwards:
		return s.readStreamBackwards(o, name, call)
	case o.GetStream() != nil && o.GetSubscription() == nil:
		return s.readStreamForwards(o, name, call)
	case o.GetAll() != nil && o.GetSubscription() != nil:
		return s.subscribe(o, call)
	case o.GetAll() != nil && backwards:
		return s.readAllBackwards(o, call)
	case o.GetAll() != nil:
		return s.readAllForwards(o, call)
	}
	return status.Error(codes.Unimplemented, "the test server has subscriptions to $all only")
}

// fromRevision is where a read of a stream begins.
func fromRevision(o *api.ReadReq_Options) int64 {
	switch at := o.GetStream().GetRevisionOption().(type) {
	case *api.ReadReq_Options_StreamOptions_Revision:
		return int64(min(at.Revision, math.MaxInt64))
	case *api.ReadReq_Options_StreamOptions_End:
		return math.MaxInt64
	}
	return 0
}

// positions reports whether the client asks for the first and last revision of the stream.
func positions(o *api.ReadReq_Options) bool { return o.GetControlOption().GetCompatibility() >= 1 }

// look finds what can be read of a stream. If there is nothing, it sends the answer itself and is done.
func (s *streams) look(name string, call api.Streams_ReadServer) (at span, done bool, err error) {
	s.cluster.faults.hold(call.Context(), name)
	at = s.cluster.log.span(name, s.visible())
	switch {
	case at.deleted:
		return at, true, streamDeleted(call, name)
	case !at.found:
		return at, true, call.Send(notFound(name))
	}
	return at, false, nil
}

func (s *streams) readStreamForwards(o *api.ReadReq_Options, name string, call api.Streams_ReadServer) error {
	left, next := o.GetCount(), fromRevision(o)
	page := int64(min(batch, left))
	for {
		at, done, err := s.look(name, call)
		if done {
			return err
		}
		var events []record
		after := at.last + 1 // where the next page begins
		switch {
		case next > at.last:
		case next+page-1 < at.first:
			after = at.first
		default:
			after = min(after, next+page)
			events = s.cluster.log.revisions(name, max(next, at.first), after-1)
		}
		if len(events) == 0 && left == o.GetCount() && positions(o) && after != next {
			if err := call.Send(firstPosition(after)); err != nil {
				return err
			}
		}
		for i := 0; i < len(events) && left > 0; i++ {
			if err := call.Send(s.cluster.log.wire(&events[i])); err != nil {
				return err
			}
			left--
		}
		if next = after; next > at.last || left == 0 {
			return s.ended(o, at, call)
		}
	}
}

func (s *streams) readStreamBackwards(o *api.ReadReq_Options, name string, call api.Streams_ReadServer) error {
	left, next := o.GetCount(), fromRevision(o)
	for {
		at, done, err := s.look(name, call)
		if done {
			return err
		}
		next = min(next, at.last)
		events := s.cluster.log.revisions(name, max(at.first, next-batch+1), next)
		for i := len(events) - 1; i >= 0 && left > 0; i-- {
			if err := call.Send(s.cluster.log.wire(&events[i])); err != nil {
				return err
			}
			left--
		}
		if next -= batch; next < at.first || left == 0 {
			return s.ended(o, at, call)
		}
	}
}

// ended reports where the stream ends, if the client asks for it.
func (s *streams) ended(o *api.ReadReq_Options, at span, call api.Streams_ReadServer) error {
	if !positions(o) {
		return nil
	}
	return call.Send(lastPosition(at.last))
}
