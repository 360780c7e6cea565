package notify

import (
	"context"
	"errors"
	"fmt"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/journal"
	"accountledger/notify/templates"
)

// attempt records that the message is about to be sent, sends it, and records the outcome.
func (j *job) attempt(ctx context.Context, m commands.MessageToSend) error {
	d := j.delivery
	now := j.n.Now()
	switch {
	case d.state.Attempts >= MaxAttempts:
		return j.end(ctx, domain.DeliveryFailed{Failure: domain.FailUnreachable}, Unreachable)
	case now.Before(j.due) && d.state.Attempts > 0:
		return pause{j.due.Sub(now)}
	}
	content, err := j.n.Texts.Email(m.Kind, m.Language, templates.Values{Code: m.Code, Until: m.Expires})
	if err != nil {
		j.n.Log.Error("messages: not sent, since there is no text for it", j.place(err)...)
		return j.end(ctx, domain.DeliveryFailed{Failure: domain.FailUnreachable}, Unreachable)
	}
	if err := j.announce(ctx, m, content.Language); err != nil {
		return err
	}
	trying, cancel := context.WithTimeout(ctx, j.n.SendTimeout)
	defer cancel()
	err = j.n.Channel.Send(trying, Envelope{ID: d.id, At: now.UTC(), Message: m.Kind, Account: m.Subject, To: m.To, Code: m.Code,
		Expires: m.Expires, Content: content})
	if err == nil {
		return j.end(ctx, domain.DeliverySucceeded{}, Succeeded)
	}
	if ctx.Err() != nil {
		return errStopped // it may have been sent: the next start tries once more
	}
	return j.failed(ctx, m, err)
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
	entry := journal.Entry{
		ID:       domain.EventID{UUID: domain.Derive(j.cause.ID.UUID, d.head.Stream, uint64(attempt))}, //nolint:gosec // small
		Metadata: j.n.metadata(d, origin, j.cause.ID),
		Event:    domain.DeliveryAttempted{Message: m.Kind, Medium: j.n.Channel.Medium(), Language: language, Attempt: attempt},
	}
	done, err := j.n.Journal.Append(ctx, d.head, entry)
	if err != nil {
		j.delivery = nil // look again: another message took the number, or it is unknown whether this one did
		var moved *journal.ConflictError
		if errors.As(err, &moved) {
			return pause{}
		}
		return err
	}
	d.head, d.state.Attempts, d.last, d.lastAt = done.Head, attempt, entry.ID, done.Head.At
	return nil
}

// failed decides whether there is another attempt.
func (j *job) failed(ctx context.Context, m commands.MessageToSend, err error) error {
	d := j.delivery
	var told *SendError
	reason := fmt.Sprintf("%T", err) // the text of other errors could hold anything
	if errors.As(err, &told) {
		reason = told.Error()
	}
	j.n.Fault(err)
	j.n.Log.Warn("messages: an attempt failed", "stream", d.head.Stream, "attempt", d.state.Attempts, "reason", reason)
	if told != nil && told.Refused {
		return j.end(ctx, domain.DeliveryFailed{Failure: domain.FailRefused}, Refused)
	}
	wait := pauses().After(d.state.Attempts)
	j.due = j.n.Now().Add(wait)
	if d.state.Attempts >= MaxAttempts || !j.due.Before(m.Expires) {
		return j.end(ctx, domain.DeliveryFailed{Failure: domain.FailUnreachable}, Unreachable)
	}
	j.n.Observe(m.Kind, Retried)
	return pause{wait}
}
