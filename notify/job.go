package notify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"accountledger/commands"
	"accountledger/consumers/effects"
	"accountledger/domain"
	"accountledger/notify/templates"
)

// job is one message, from its event to the end of its delivery. It belongs to one goroutine.
type job struct {
	*sender
	cause domain.Fact
	asked domain.MessageRequest

	end    *end // of the delivery, until it is recorded
	unsure int  // attempts that may have been accepted
}

// end is how a delivery ended.
type end struct {
	attempts int
	failure  domain.DeliveryFailure // empty if the message was handed over
	result   Result
}

// Yields is so for alerts, which are tried for hours: no code waits for them.
func (j *job) Yields() bool { return j.asked.Class == domain.ClassAlert }

// Next makes the next attempt, or records the outcome of the last one.
func (j *job) Next(ctx context.Context) (*effects.Attempt, error) {
	if j.end != nil {
		return nil, j.record(ctx)
	}
	m, err := j.pick(ctx)
	if err != nil {
		return nil, err
	}
	now := j.Now()
	patience := patienceOf(j.asked.Class)
	due := m.State.LastAt.Add(patience.pauses.After(m.State.Attempts))
	switch {
	case m.State.Ended:
		return nil, effects.ErrEnded
	case m.To == "":
		return nil, j.ended(ctx, end{m.State.Attempts, domain.FailExpired, Expired})
	case m.State.Attempts >= patience.attempts:
		return nil, j.ended(ctx, end{m.State.Attempts, domain.FailUnreachable, Unreachable})
	case m.State.Attempts > 0 && now.Before(due):
		return nil, effects.Later(due.Sub(now))
	}
	content, err := j.Texts.Email(m.Kind, m.Language, templates.Values{Code: m.Code, For: m.Expires.Sub(now), Erased: m.Erased,
		Link: j.link(m), At: m.At, Until: m.Until, Client: m.Client})
	if err != nil {
		j.Log.Error("messages: not sent, since there is no text for it", effects.Describe(j.cause, err)...)
		return nil, j.ended(ctx, end{m.State.Attempts, domain.FailUnreachable, Unreachable})
	}
	return j.attempt(m, content), nil
}

// pick asks for the message's current content. It can change: a newer code replaces an older one, and a sign-up that is already
// verified gets nothing. If the content cannot be found out while the code would be valid, the message is given up.
func (j *job) pick(ctx context.Context) (commands.MessageToSend, error) {
	answer, err := j.Message(ctx, request("message"), j.asked)
	m := answer.Value
	switch {
	case err != nil && j.Now().After(j.cause.At.Add(patienceOf(j.asked.Class).unread)):
		j.Log.Error("messages: given up, since its content could not be read in time", effects.Describe(j.cause, err)...)
		return m, effects.ErrEnded
	case err == nil && !j.Now().Before(m.Expires):
		m.To = ""
	}
	return m, err
}

// link is the whole link of a message: just its token where it is not known where people reach the service.
func (j *job) link(m commands.MessageToSend) string {
	if origin := j.Origin(); m.Link != "" && origin != "" {
		return origin + m.LinkKind.Path() + "#" + string(m.Link)
	}
	return string(m.Link)
}

func request(operation string) commands.Request {
	return commands.Request{Caller: domain.System(), Channel: domain.ChannelProcess, Operation: operation}
}

// attempt is the next attempt at the message.
func (j *job) attempt(m commands.MessageToSend, content templates.Email) *effects.Attempt {
	n := m.State.Attempts + 1
	return &effects.Attempt{
		Expires: m.Expires,
		Announce: func(ctx context.Context) error {
			return j.store(ctx, commands.RecordDelivery{Attempt: n})
		},
		Act: func(ctx context.Context) error {
			return j.Transport.Send(ctx, Envelope{ID: j.asked.Delivery, At: j.Now().UTC(), Message: m.Kind, Account: m.Subject, To: m.To, Code: m.Code,
				Link: j.link(m), Expires: m.Expires, Content: content})
		},
		Result: func(ctx context.Context, err error) error {
			if !errors.Is(err, effects.ErrExpired) {
				j.Sending.note(err)
			}
			switch {
			case err == nil:
				return j.ended(ctx, end{n, "", Succeeded})
			case errors.Is(err, effects.ErrExpired): // it was not made
				return j.ended(ctx, end{m.State.Attempts, domain.FailExpired, Expired})
			}
			return j.failed(ctx, m, n, err)
		},
	}
}

// unsurePause is how long a message waits that may have been accepted.
const unsurePause = 2 * time.Minute

// failed decides whether there is another attempt after the n-th.
func (j *job) failed(ctx context.Context, m commands.MessageToSend, n int, err error) error {
	var told *SendError
	reason := fmt.Sprintf("%T", err) // the text of other errors could hold anything
	if errors.As(err, &told) {
		reason = told.Error()
	}
	j.Fault(err)
	j.Log.Warn("messages: an attempt failed", "stream", domain.DeliveryStream(j.asked.Delivery), "attempt", n, "reason", reason)
	if told != nil && told.Refused {
		return j.ended(ctx, end{n, domain.FailRefused, Refused})
	}
	patience := patienceOf(j.asked.Class)
	wait := patience.pauses.After(n)
	unsure := told != nil && told.Unknown
	if unsure {
		j.unsure++
		wait = max(wait, unsurePause)
	}
	tooLate := !j.Now().Add(wait).Before(m.Expires)
	if unsure && (j.unsure > 1 || tooLate) { // after one later try: more would only be the same message again
		return j.ended(ctx, end{n, domain.FailUnanswered, Unanswered})
	}
	if n >= patience.attempts || tooLate {
		return j.ended(ctx, end{n, domain.FailUnreachable, Unreachable})
	}
	j.Observe(j.asked.Class, Retried)
	return effects.Later(wait)
}

// ended records the end of the delivery.
func (j *job) ended(ctx context.Context, e end) error {
	j.end = &e
	return j.record(ctx)
}

// record is retried until it succeeds, without sending again.
func (j *job) record(ctx context.Context) error {
	err := j.store(ctx, commands.RecordDelivery{Attempt: j.end.attempts, Ended: true, Failure: j.end.failure})
	if err != nil {
		return err
	}
	j.Observe(j.asked.Class, j.end.result)
	return effects.ErrEnded
}

// store records a step of the delivery. If another process took one in the meantime, the job looks again.
func (j *job) store(ctx context.Context, step commands.RecordDelivery) error {
	step.Message, step.Asked, step.Medium = j.asked, j.cause.ID, j.Transport.Medium()
	_, err := j.Record(ctx, request("recordDelivery"), step)
	switch {
	case errors.Is(err, domain.ErrStale):
		j.end = nil
		return effects.Later(time.Duration(0))
	case errors.Is(err, domain.ErrNotFound): // the log was put back to before the message was admitted
		return effects.ErrEnded
	}
	return err
}
