package notify

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"accountledger/commands"
	"accountledger/consumers/effects"
	"accountledger/domain"
	"accountledger/journal"
)

// delivery is the state of one message's stream.
type delivery struct {
	id     domain.DeliveryID
	head   journal.Head
	state  domain.Delivery
	kind   domain.Message
	last   domain.EventID // the latest attempt
	lastAt time.Time
	// subject and region are from its first event.
	subject domain.AccountID
	region  domain.Region
}

func (s *sender) load(ctx context.Context, id domain.DeliveryID) (*delivery, error) {
	stream := domain.DeliveryStream(id)
	d := &delivery{id: id, head: journal.NoStream(stream)}
	for rec, err := range s.Journal.Read(ctx, stream, 0) {
		if err != nil {
			return nil, err
		}
		if err := d.state.Apply(rec.Fact); err != nil {
			return nil, err
		}
		if e, ok := rec.Event.(domain.DeliveryAttempted); ok {
			d.kind, d.last, d.lastAt = e.Message, rec.ID, rec.At
		}
		if rec.Version == 0 {
			d.subject, d.region = rec.Subject, rec.Region
		}
		d.head = journal.Head{Stream: stream, Version: rec.Version, At: rec.At}
	}
	return d, nil
}

// find searches the day's deliveries to the address for the one that this event already started, or else for the next free number.
// effects.ErrEnded if the message has ended, or the limits do not allow another.
func (j *job) find(ctx context.Context, m commands.MessageToSend) error {
	lately, said := 0, false
	var free *delivery
	for number := uint64(1); number <= MaxPerDay && free == nil; number++ {
		d, err := j.load(ctx, domain.DeliveryID{UUID: domain.Derive(uuid.UUID(m.Limits[:16]), "delivery", number)})
		switch {
		case err != nil:
			return err
		case !d.head.Exists():
			free = d
		case d.state.First.Causation == j.cause.ID:
			return j.resume(d)
		default:
			if j.Now().Sub(d.state.First.At) < time.Hour {
				lately++
			}
			said = said || d.kind == m.Kind
		}
	}
	switch {
	case m.Kind.OncePerDay() && said:
		return j.unsent(m.Kind, SentAlready)
	case free == nil || lately >= MaxPerHour:
		return j.unsent(m.Kind, Limited)
	}
	free.kind, free.subject, free.region = m.Kind, m.Subject, m.Region
	if m.Kind.OncePerDay() { // whose address it is must not be found out by asking for such a message and searching for its delivery
		free.subject, free.region = domain.AccountID{}, j.cause.Region
	}
	j.delivery = free
	return nil
}

// resume continues a delivery that this event already started.
func (j *job) resume(d *delivery) error {
	if d.state.Ended() {
		return effects.ErrEnded
	}
	j.delivery, j.due = d, d.lastAt.Add(pauses().After(d.state.Attempts))
	return nil
}

// unsent counts a message that the address's limits do not allow.
func (j *job) unsent(kind domain.Message, why Result) error {
	j.Log.Info("messages: not sent, since the address has reached its limit", "stream", j.cause.Stream, "version", j.cause.Version,
		"result", string(Limited)) // not which message: that would reveal whether the address is taken
	j.Observe(kind, why)
	return effects.ErrEnded
}

// end ends the delivery and counts the result. One that was never attempted leaves no trace.
func (j *job) end(ctx context.Context, event any, result Result) error {
	if j.delivery.state.Attempts == 0 {
		return effects.ErrEnded
	}
	j.outcome, j.result = event, result
	return j.record(ctx)
}

// record appends the end of the delivery; it is retried until it succeeds, without sending again.
func (j *job) record(ctx context.Context) error {
	origin, err := j.originOf(ctx)
	if err != nil {
		return err
	}
	d := j.delivery
	id := domain.EventID{UUID: domain.Derive(d.last.UUID, "ended")}
	_, err = j.Journal.Append(ctx, d.head, j.step(id, origin, d.last, j.outcome))
	var moved *journal.ConflictError
	if errors.As(err, &moved) { // another process ended it, or tried again
		fresh, err := j.load(ctx, d.id)
		if err != nil {
			return err
		}
		if !fresh.state.Ended() {
			j.delivery = fresh
			return effects.Later(0)
		}
	} else if err != nil {
		return err
	}
	j.Observe(d.kind, j.result)
	return effects.ErrEnded
}

// step is an event of the delivery.
func (j *job) step(id, origin, cause domain.EventID, event any) journal.Entry {
	return commands.Step{ID: id, At: j.Now(), Origin: origin, Cause: cause, Subject: j.delivery.subject, Region: j.delivery.region, Event: event}.Entry()
}
