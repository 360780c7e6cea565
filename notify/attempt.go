package notify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"accountledger/commands"
	"accountledger/consumers/effects"
	"accountledger/domain"
	"accountledger/journal"
	"accountledger/notify/templates"
)

// attempt is one attempt at the message.
func (j *job) attempt(m commands.MessageToSend, content templates.Email) *effects.Attempt {
	return &effects.Attempt{
		Expires:  m.Expires,
		Announce: func(ctx context.Context) error { return j.announce(ctx, m, content.Language) },
		Act: func(ctx context.Context) error {
			return j.Transport.Send(ctx, Envelope{ID: j.delivery.id, At: j.Now().UTC(), Message: m.Kind, Account: m.Subject, To: m.To, Code: m.Code,
				Expires: m.Expires, Content: content})
		},
		Result: func(ctx context.Context, err error) error {
			if !errors.Is(err, effects.ErrExpired) {
				j.Sending.note(err)
			}
			switch {
			case err == nil:
				return j.end(ctx, domain.DeliverySucceeded{}, Succeeded)
			case errors.Is(err, effects.ErrExpired):
				return j.end(ctx, domain.DeliveryFailed{Failure: domain.FailExpired}, Expired)
			}
			return j.failed(ctx, m, err)
		},
	}
}

// announce records the attempt before it is made.
func (j *job) announce(ctx context.Context, m commands.MessageToSend, language domain.Language) error {
	origin, err := j.originOf(ctx)
	if err != nil {
		return err
	}
	d := j.delivery
	attempt := d.state.Attempts + 1
	// The id also derives from the event: two messages that take the same number at the same time must not look like repeats
	// of each other.
	id := domain.EventID{UUID: domain.Derive(j.cause.ID.UUID, d.head.Stream, uint64(attempt))} //nolint:gosec // small
	entry := j.step(id, origin, j.cause.ID,
		domain.DeliveryAttempted{Message: m.Kind, Medium: j.Transport.Medium(), Language: language, Attempt: attempt})
	done, err := j.Journal.Append(ctx, d.head, entry)
	if err != nil {
		j.delivery = nil // look again: another message took the number, or it is unknown whether this one did
		var moved *journal.ConflictError
		if errors.As(err, &moved) {
			return effects.Later(0)
		}
		return err
	}
	d.head, d.state.Attempts, d.last, d.lastAt = done.Head, attempt, id, done.Head.At
	return nil
}

// unsurePause is how long a message waits that may have been accepted.
const unsurePause = 2 * time.Minute

// failed decides whether there is another attempt.
func (j *job) failed(ctx context.Context, m commands.MessageToSend, err error) error {
	d := j.delivery
	var told *SendError
	reason := fmt.Sprintf("%T", err) // the text of other errors could hold anything
	if errors.As(err, &told) {
		reason = told.Error()
	}
	j.Fault(err)
	j.Log.Warn("messages: an attempt failed", "stream", d.head.Stream, "attempt", d.state.Attempts, "reason", reason)
	if told != nil && told.Refused {
		return j.end(ctx, domain.DeliveryFailed{Failure: domain.FailRefused}, Refused)
	}
	wait := pauses().After(d.state.Attempts)
	unsure := told != nil && told.Unknown
	if unsure {
		j.unsure++
		wait = max(wait, unsurePause)
	}
	j.due = j.Now().Add(wait)
	if unsure && (j.unsure > 1 || !j.due.Before(m.Expires)) { // after one later try: more would only be the same message again
		return j.end(ctx, domain.DeliveryFailed{Failure: domain.FailUnanswered}, Unanswered)
	}
	if d.state.Attempts >= MaxAttempts || !j.due.Before(m.Expires) {
		return j.end(ctx, domain.DeliveryFailed{Failure: domain.FailUnreachable}, Unreachable)
	}
	j.Observe(m.Kind, Retried)
	return effects.Later(wait)
}
