package notify

import (
	"context"
	"strings"

	"accountledger/domain"
)

// left waits until the job of an event has ended, if there is one; false means that the notifier stopped first.
func (n *Notifier) left(cause domain.EventID) bool {
	j := n.running.find(cause)
	if j == nil {
		return true
	}
	select {
	case <-j.done:
	case <-n.waiting.Done():
		return false
	}
	return n.waiting.Err() == nil
}

// settle ends a delivery that an earlier run of the notifier started and that has nothing left to send. Its address is not known any
// more, and is not needed.
func (j *job) settle(ctx context.Context) error {
	if j.outcome != nil {
		return j.record(ctx)
	}
	id, ok := domain.ParseID(strings.TrimPrefix(j.cause.Stream, "delivery-"))
	if !ok {
		return errEnded
	}
	d, err := j.n.load(ctx, domain.DeliveryID{UUID: id})
	if err != nil {
		return err
	}
	if d.state.Ended() {
		return errEnded
	}
	j.delivery, j.origin = d, j.cause.Correlation
	return j.end(ctx, domain.DeliveryFailed{Failure: domain.FailExpired}, Expired)
}
