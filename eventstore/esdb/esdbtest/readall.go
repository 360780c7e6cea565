package esdbtest

import (
	"fmt"

	api "github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
)

// begin is the place at which a read of $all begins.
func (s *streams) begin(o *api.ReadReq_Options_AllOptions) (int, error) {
	switch at := o.GetAllOption().(type) {
	case *api.ReadReq_Options_AllOptions_Position:
		place, err := s.cluster.log.find(at.Position.GetCommitPosition())
		if err != nil {
			return 0, invalidPosition(fmt.Sprintf("C:%d/P:%d", at.Position.GetCommitPosition(), at.Position.GetPreparePosition()))
		}
		return place, nil
	case *api.ReadReq_Options_AllOptions_End:
		return s.visible(), nil
	}
	return 0, nil
}

func (s *streams) readAllForwards(o *api.ReadReq_Options, call api.Streams_ReadServer) error {
	next, err := s.begin(o.GetAll())
	if err != nil {
		return err
	}
	f, err := newFilter(o.GetFilter())
	if err != nil {
		return err
	}
	last := s.visible()
	for left := o.GetCount(); next < last && left > 0; next += batch {
		if err := s.sendSome(call, f, next, min(last, next+batch), &left); err != nil {
			return err
		}
	}
	return nil
}

// sendSome sends the events of some places that pass a filter, while the client wants more.
func (s *streams) sendSome(call api.Streams_ReadServer, f *filter, from, to int, left *uint64) error {
	for _, r := range s.cluster.log.between(from, to) {
		if *left == 0 {
			return nil
		}
		if !f.matches(&r) {
			continue
		}
		if err := call.Send(s.cluster.log.wire(&r)); err != nil {
			return err
		}
		*left--
	}
	return nil
}

// readAllBackwards begins before the given position.
func (s *streams) readAllBackwards(o *api.ReadReq_Options, call api.Streams_ReadServer) error {
	place, err := s.begin(o.GetAll())
	if err != nil {
		return err
	}
	f, err := newFilter(o.GetFilter())
	if err != nil {
		return err
	}
	place = min(place, s.visible())
	for left := o.GetCount(); place > 0 && left > 0; {
		place--
		if err := s.sendSome(call, f, place, place+1, &left); err != nil {
			return err
		}
	}
	return nil
}
