package esdb

import (
	"context"
	"errors"
	"io"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	api "github.com/EventStore/EventStore-Client-Go/v4/protos/streams"

	"accountledger/eventstore"
)

// errEnough ends a read whose reader has enough.
var errEnough = errors.New("esdb: enough was read")

// readOptions are the options common to all reads.
func readOptions() *api.ReadReq_Options {
	return &api.ReadReq_Options{
		FilterOption: &api.ReadReq_Options_NoFilter{NoFilter: &shared.Empty{}},
		UuidOption: &api.ReadReq_Options_UUIDOption{
			Content: &api.ReadReq_Options_UUIDOption_Structured{Structured: &shared.Empty{}},
		},
	}
}

// readStreamFrom is a request for up to count events of a stream; eventstore.End starts at its end.
func (s *Store) readStreamFrom(stream string, direction eventstore.Direction, from int64, count uint64) *api.ReadReq {
	o := readOptions()
	at := &api.ReadReq_Options_StreamOptions{StreamIdentifier: s.streamIdentifier(stream)}
	if from == eventstore.End {
		at.RevisionOption = &api.ReadReq_Options_StreamOptions_End{End: &shared.Empty{}}
	} else {
		at.RevisionOption = &api.ReadReq_Options_StreamOptions_Revision{Revision: uint64(from)} //nolint:gosec // not negative
	}
	o.StreamOption = &api.ReadReq_Options_Stream{Stream: at}
	o.CountOption = &api.ReadReq_Options_Count{Count: count}
	if direction == eventstore.Backwards {
		o.ReadDirection = api.ReadReq_Options_Backwards
	}
	return &api.ReadReq{Options: o}
}

// allFrom is a request for the whole log from a position: including it for a read of a number of
// events, and after it for a subscription.
func allFrom(from eventstore.Position) *api.ReadReq_Options {
	o := readOptions()
	at := &api.ReadReq_Options_AllOptions{AllOption: &api.ReadReq_Options_AllOptions_Start{Start: &shared.Empty{}}}
	if !from.IsZero() {
		at.AllOption = &api.ReadReq_Options_AllOptions_Position{Position: &api.ReadReq_Options_Position{
			CommitPosition: from.Commit(), PreparePosition: from.Prepare(),
		}}
	}
	o.StreamOption = &api.ReadReq_Options_All{All: at}
	return o
}

func readAllFrom(from eventstore.Position, count uint64) *api.ReadReq {
	o := allFrom(from)
	o.CountOption = &api.ReadReq_Options_Count{Count: count}
	return &api.ReadReq{Options: o}
}

// readLast is a request for the last entry of the log.
func readLast() *api.ReadReq {
	o := allFrom(eventstore.Position{})
	o.StreamOption = &api.ReadReq_Options_All{All: &api.ReadReq_Options_AllOptions{
		AllOption: &api.ReadReq_Options_AllOptions_End{End: &shared.Empty{}},
	}}
	o.ReadDirection = api.ReadReq_Options_Backwards
	o.CountOption = &api.ReadReq_Options_Count{Count: 1}
	return &api.ReadReq{Options: o}
}

// reading describes what a request reads.
func reading(req *api.ReadReq) string {
	if o := req.GetOptions().GetStream(); o != nil {
		return "reading stream " + string(o.GetStreamIdentifier().GetStreamName())
	}
	return "reading $all"
}

// read passes on each entry that the server sends, until each returns errEnough. A stream that does
// not exist has none. A server that sends nothing for the time of a call is not waited for. The error
// is each's or a *fault.
func (s *Store) read(ctx context.Context, n *node, req *api.ReadReq, each func(entry) error) error {
	ctx, patience, end := s.patient(ctx)
	defer end()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	doing := reading(req)
	stream, err := n.streams.Read(ctx, req)
	if err != nil {
		return s.diagnosed(doing, err, nil)
	}
	for {
		resp, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			f := s.diagnosed(doing, err, stream.Trailer())
			if f.kind == kindStreamNotFound {
				return nil
			}
			return f
		}
		patience.rest()
		if resp.GetStreamNotFound() != nil {
			return nil
		}
		event := resp.GetEvent().GetEvent()
		if event == nil {
			patience.renew()
			continue // unrequested information
		}
		e, err := s.readEntry(event)
		if err == nil {
			err = each(e)
		}
		patience.renew()
		if errors.Is(err, errEnough) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// few returns the leader's answer to a short read.
func (s *Store) few(ctx context.Context, req *api.ReadReq) ([]entry, error) {
	var all []entry
	err := s.ask(ctx, s.leader, func(ctx context.Context, n *node) error {
		all = all[:0]
		return s.read(asLeader(ctx), n, req, func(e entry) error { all = append(all, e); return nil })
	})
	return all, err
}
