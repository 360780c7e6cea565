package esdbtest

import (
	"context"

	api "github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// subscriber is one subscription to $all.
type subscriber struct {
	*streams
	call    api.Streams_ReadServer
	filter  *filter
	number  int
	dropped <-chan struct{}

	next    int    // the place of the event to look at next
	reached uint64 // the position up to which the client has everything
	told    uint64 // the last checkpoint that was sent
	started bool   // reached is known
	looked  int    // events since the last checkpoint was due
}

func (s *streams) subscribe(o *api.ReadReq_Options, call api.Streams_ReadServer) error {
	f, err := newFilter(o.GetFilter())
	if err != nil {
		return err
	}
	if o.GetFilter() != nil && f.interval == 0 {
		return errThrown
	}
	sub := &subscriber{streams: s, call: call, filter: f}
	if sub.next, err = s.begin(o.GetAll()); err != nil {
		return err
	}
	if at := o.GetAll().GetPosition(); at != nil {
		sub.next, sub.reached, sub.started = s.after(sub.next), at.GetCommitPosition(), true
	}
	if o.GetAll().GetEnd() != nil {
		if before := s.cluster.log.between(sub.next-1, sub.next); len(before) > 0 {
			sub.reached, sub.started = before[0].at, true
		}
	}
	sub.number, sub.dropped = s.cluster.faults.subscription()
	confirmed := &api.ReadResp_SubscriptionConfirmation{SubscriptionId: uuid.NewString()}
	if err := call.Send(&api.ReadResp{Content: &api.ReadResp_Confirmation{Confirmation: confirmed}}); err != nil {
		return err
	}
	return sub.run(call.Context())
}

// after is where a subscription from a position starts: after the first entry there. If the entry
// at the position was scavenged, that is after the next one.
func (s *streams) after(place int) int {
	for last := s.visible(); place < last; place++ {
		if len(s.cluster.log.between(place, place+1)) > 0 {
			return place + 1
		}
	}
	return place
}

func (s *subscriber) run(ctx context.Context) error {
	if s.next < s.visible() {
		if err := s.catchUp(ctx); err != nil {
			return err
		}
	}
	if err := s.emit(ctx, s.cluster.log.caughtUp(s.cluster.log.clock(), s.reached)); err != nil {
		return err
	}
	s.looked = 0
	for {
		changed := s.cluster.log.wait()
		for last := s.visible(); s.next < last; {
			if err := s.live(ctx, min(last, s.next+batch)); err != nil {
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

// catchUp goes through what is already in the log, page by page. With a filter, the checkpoints report how far it has come; the last
// may be well before the end of the log.
func (s *subscriber) catchUp(ctx context.Context) error {
	for {
		last, begin := s.visible(), s.next
		matched, considered := 0, 0
		for s.next < last && considered < s.filter.window && matched < batch {
			to := min(last, s.next+min(s.filter.window-considered, batch-matched))
			for _, r := range s.cluster.log.between(s.next, to) {
				sent, err := s.look(ctx, &r)
				if err != nil {
					return err
				}
				considered++
				if sent {
					matched++
				}
			}
			s.next = to
		}
		if at := s.cluster.log.positionOf(begin); begin > 0 && (!s.started || s.reached < at) && s.next > begin {
			s.reached, s.started = at, true
		}
		s.looked += considered
		done := s.next >= last
		if s.filter.interval > 0 && (done || s.looked >= s.filter.interval) {
			s.looked %= s.filter.interval
			if err := s.checkpoint(ctx, s.reached); err != nil {
				return err
			}
		}
		if done {
			return nil
		}
	}
}

// live goes through what is new. A checkpoint is due after a number of events, whether they pass the filter or not.
func (s *subscriber) live(ctx context.Context, to int) error {
	for _, r := range s.cluster.log.between(s.next, to) {
		if _, err := s.look(ctx, &r); err != nil {
			return err
		}
		if s.looked++; s.filter.interval > 0 && s.looked >= s.filter.interval {
			s.looked, s.reached = 0, r.at
			if err := s.checkpoint(ctx, r.at); err != nil {
				return err
			}
		}
	}
	s.next = to
	return nil
}

// look sends an event that passes the filter. If the event may have revoked the right to read, the right is checked again.
func (s *subscriber) look(ctx context.Context, r *record) (sent bool, err error) {
	if s.filter.matches(r) {
		if err := s.deliver(ctx, r); err != nil {
			return true, err
		}
		s.reached, s.started, sent = r.at, true, true
	}
	if r.stream == "$$$all" || r.stream == "$settings" {
		err = s.cluster.authorize(s.call, callerOf(ctx), "$all", toRead)
	}
	return sent, err
}

func (s *subscriber) checkpoint(ctx context.Context, at uint64) error {
	if s.told != 0 && at <= s.told {
		return nil
	}
	s.told = at
	return s.emit(ctx, s.cluster.log.checkpoint(at))
}

// deliver sends an event, and waits for a slow reader.
func (s *subscriber) deliver(ctx context.Context, r *record) error {
	for range s.cluster.faults.times() {
		if err := s.emit(ctx, s.cluster.log.wire(r)); err != nil {
			return err
		}
		s.cluster.sent.Add(1)
	}
	return nil
}

// emit sends a message, unless the subscription is silent: then it returns only when the subscription ends.
func (s *subscriber) emit(ctx context.Context, resp *api.ReadResp) error {
	if s.cluster.faults.isMuted(s.number) {
		select {
		case <-s.dropped:
			return errDropped
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	s.cluster.sending.Add(1)
	defer s.cluster.sending.Add(-1)
	return s.call.Send(resp)
}
