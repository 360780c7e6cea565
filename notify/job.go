package notify

import (
	"context"
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
	ask   domain.MessageRequest

	origin   domain.EventID // first event of the process: the sign-up's request
	delivery *delivery      // nil until found or started
	due      time.Time      // time of the next attempt
	outcome  any            // how the delivery ended, until that is recorded
	result   Result         // counted once the outcome is recorded
}

// Next makes the next attempt, or records the outcome of the last one.
func (j *job) Next(ctx context.Context) (*effects.Attempt, error) {
	if j.outcome != nil {
		return nil, j.record(ctx)
	}
	m, err := j.pick(ctx)
	if err != nil {
		return nil, err
	}
	if j.delivery == nil {
		if err := j.find(ctx, m); err != nil {
			return nil, err
		}
	}
	d, now := j.delivery, j.Now()
	switch {
	case m.To == "" || d.kind != "" && m.Kind != d.kind:
		return nil, j.end(ctx, domain.DeliveryFailed{Failure: domain.FailExpired}, Expired)
	case d.state.Attempts >= MaxAttempts:
		return nil, j.end(ctx, domain.DeliveryFailed{Failure: domain.FailUnreachable}, Unreachable)
	case now.Before(j.due) && d.state.Attempts > 0:
		return nil, effects.Later(j.due.Sub(now))
	}
	content, err := j.Texts.Email(m.Kind, m.Language, templates.Values{Code: m.Code, For: m.Expires.Sub(now)})
	if err != nil {
		j.Log.Error("messages: not sent, since there is no text for it", effects.Describe(j.cause, err)...)
		return nil, j.end(ctx, domain.DeliveryFailed{Failure: domain.FailUnreachable}, Unreachable)
	}
	return j.attempt(m, content), nil
}

// pick asks for the message's current content. It can change: a newer code replaces an older one, and a sign-up that is already
// verified gets nothing. If the content cannot be found out while the code would be valid, the message is given up.
func (j *job) pick(ctx context.Context) (commands.MessageToSend, error) {
	request := commands.Request{Caller: domain.System(), Channel: domain.ChannelProcess, Operation: "message"}
	answer, err := j.Message(ctx, request, j.ask)
	m := answer.Value
	switch {
	case err != nil && j.Now().After(j.cause.At.Add(domain.CodeLifetime)):
		j.Log.Error("messages: given up, since its content could not be read in time", effects.Describe(j.cause, err)...)
		m = commands.MessageToSend{}
	case err != nil:
		return m, err
	case !j.Now().Before(m.Expires):
		m = commands.MessageToSend{}
	}
	if m.To == "" && j.delivery == nil {
		return m, effects.ErrEnded
	}
	return m, nil
}

// originOf finds the first event of the process, to correlate what is recorded: the verification's request.
func (j *job) originOf(ctx context.Context) (domain.EventID, error) {
	if !j.origin.IsZero() {
		return j.origin, nil
	}
	id := j.ask.Verification
	for _, stream := range []string{domain.SignUpStream(domain.SignUpID(id)), domain.VerificationStream(id)} {
		for rec, err := range j.Journal.Read(ctx, stream, 0) {
			if err != nil {
				return domain.EventID{}, err
			}
			j.origin = rec.ID
			return j.origin, nil
		}
	}
	j.origin = j.cause.ID
	return j.origin, nil
}
