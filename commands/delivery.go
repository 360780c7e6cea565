package commands

import (
	"context"
	"time"

	"accountledger/domain"
	"accountledger/journal"
)

// RecordDelivery records a step of the delivery of a message: an attempt that is about to be made or, if Ended, how it ended.
type RecordDelivery struct {
	Message domain.MessageRequest  `json:"message"`
	Asked   domain.EventID         `json:"asked"` // the event that asks for it
	Medium  domain.Medium          `json:"medium"`
	Attempt int                    `json:"attempt"` // the number of the attempt to make, or of the last one made
	Ended   bool                   `json:"ended"`
	Failure domain.DeliveryFailure `json:"failure"` // of an end; empty if the message was handed over
}

// DeliveryState is how far the delivery of a message has come.
type DeliveryState struct {
	Attempts int
	LastAt   time.Time // of the latest attempt
	Ended    bool
}

// recordDelivery is for the notifier. ErrStale: another process was quicker, so look again.
func (k *call) recordDelivery(ctx context.Context, in RecordDelivery) (DeliveryState, error) {
	concerns, err := k.concernsOf(ctx, in.Message)
	if err != nil {
		return DeliveryState{}, err
	}
	out, err := change[*domain.Delivery]{stream: k.deliveryStream(in.Message.Delivery), mayKeep: true,
		about: func(d *domain.Delivery) about {
			a := concerns
			a.cause = d.Cause(in.Asked)
			return a
		},
		decide: func(_ context.Context, d *domain.Delivery, _ journal.Head) ([]any, error) {
			if in.Ended {
				return d.End(in.Attempt, in.Failure)
			}
			return d.Attempt(in.Attempt, in.Medium)
		}}.by(ctx, k)
	return deliveryState(out.state), err
}

// concernsOf is what the delivery of a message concerns, as a step of the chain that asked for it.
func (k *call) concernsOf(ctx context.Context, m domain.MessageRequest) (about, error) {
	if told := m.Telling; told != (domain.Telling{}) {
		a, err := k.account(ctx, told.Account)
		if err != nil {
			return about{}, err
		}
		concerns := ofAccount(a)
		concerns.origin = told.Event
		return concerns, nil
	}
	r, _, err := k.requestOf(ctx, m.Verification)
	if err != nil {
		return about{}, err
	}
	if r == nil {
		return about{}, domain.ErrNotFound
	}
	return ofRequest(r).after(r.Fact, r.Fact), nil
}

func deliveryState(d *domain.Delivery) DeliveryState {
	if d == nil {
		return DeliveryState{}
	}
	return DeliveryState{Attempts: d.Attempts, LastAt: d.Last.At, Ended: d.Ended}
}
