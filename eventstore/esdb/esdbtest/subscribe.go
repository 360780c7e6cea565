package esdbtest

import (
	"context"

	api "github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"accountledger/eventstore"
)

// subscriber is one subscription to $all.
type subscriber struct {
	*streams
	call    api.Streams_ReadServer
	number  int
	dropped <-chan struct{}
}

func (s *streams) subscribe(o *api.ReadReq_Options_AllOptions, call api.Streams_ReadServer) error {
	ctx := call.Context()
	next, err := s.begin(ctx, o)
	if err != nil {
		return err
	}
	if o.GetPosition() != nil {
		if next, err = s.after(ctx, next); err != nil {
			return status.Error(codes.Internal, err.Error())
		}
	}
	sub := &subscriber{streams: s, call: call}
	sub.number, sub.dropped = s.cluster.faults.subscription()
	confirmed := &api.ReadResp_SubscriptionConfirmation{SubscriptionId: uuid.NewString()}
	if err := call.Send(&api.ReadResp{Content: &api.ReadResp_Confirmation{Confirmation: confirmed}}); err != nil {
		return err
	}
	return sub.run(ctx, next)
}

// after is where a subscription from a position goes on: behind the first entry there. When the one that
// stood at the position was scavenged, that is behind the next one.
func (s *streams) after(ctx context.Context, dense uint64) (uint64, error) {
	last, err := s.visible(ctx)
	if err != nil {
		return 0, err
	}
	for ; dense <= last; dense++ {
		events, err := s.cluster.engine.events(ctx, dense, dense)
		if err != nil || len(events) > 0 {
			return dense + 1, err
		}
	}
	return dense, nil
}

func (s *subscriber) run(ctx context.Context, next uint64) error {
	live := false
	for {
		changed := s.cluster.engine.wait()
		last, err := s.visible(ctx)
		if err != nil {
			return status.Error(codes.Internal, err.Error())
		}
		if next <= last {
			events, err := s.cluster.engine.events(ctx, next, min(last, next+batch-1))
			if err != nil {
				return status.Error(codes.Internal, err.Error())
			}
			for _, r := range events {
				if err := s.deliver(ctx, r); err != nil {
					return err
				}
			}
			next = min(last, next+batch-1) + 1
			continue
		}
		if !live {
			live = true
			if err := s.call.Send(&api.ReadResp{Content: &api.ReadResp_CaughtUp_{CaughtUp: &api.ReadResp_CaughtUp{}}}); err != nil {
				return err
			}
		}
		select {
		case <-changed:
		case <-s.dropped:
			return errDropped
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

var errDropped = status.Error(codes.Unknown, "Subscription was dropped")

// deliver sends an event, and waits when the reader takes its time.
func (s *subscriber) deliver(ctx context.Context, r eventstore.Recorded) error {
	if s.cluster.faults.isMuted(s.number) {
		select {
		case <-s.dropped:
			return errDropped
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	for range s.cluster.faults.times() {
		s.cluster.sending.Add(1)
		err := s.send(ctx, s.call, r)
		s.cluster.sending.Add(-1)
		if err != nil {
			return err
		}
		s.cluster.sent.Add(1)
	}
	return nil
}
