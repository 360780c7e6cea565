package notify

import (
	"context"
	"log/slog"
	"time"

	"accountledger/commands"
	"accountledger/consumers/effects"
	"accountledger/domain"
	"accountledger/internal/backoff"
	"accountledger/notify/templates"
)

// MaxAttempts is how often one message is tried.
const MaxAttempts = 6

// Result is the outcome of a message, for counting.
type Result string

// Results.
const (
	Succeeded   Result = "succeeded"
	Refused     Result = "refused"
	Unreachable Result = "unreachable"
	Unanswered  Result = "unanswered" // sent twice, and neither was answered
	Expired     Result = "expired"
	Retried     Result = "retried" // a try failed; there will be another
)

// Results lists every result.
func Results() []Result {
	return []Result{Succeeded, Refused, Unreachable, Unanswered, Expired, Retried}
}

// Options of the sender. Those without a default are required.
type Options struct {
	// Journal says where the log ends; it is read by the runner.
	Journal effects.Log
	// Message gives the content of a message: commands.Menu.Message.
	Message commands.Command[domain.MessageRequest, commands.MessageToSend]
	// Record records the steps of a delivery: commands.Menu.RecordDelivery.
	Record    commands.Command[commands.RecordDelivery, commands.DeliveryState]
	Transport Transport
	Texts     *templates.Texts
	// Path is the checkpoint's file; a shared sender has none.
	Path string
	Log  *slog.Logger
	Now  func() time.Time
	// Wait waits between two tries; nil waits for real. An error means that ctx ended.
	Wait func(ctx context.Context, d time.Duration) error
	// Observe counts results by class, which does not tell whether an address is taken; may be nil. It is called concurrently.
	Observe func(domain.MessageClass, Result)
	// Fault gets the reasons why messages could not be handed over, and failures of log, vault and checkpoint; may be nil. It is
	// called concurrently.
	Fault func(error)
	// Sending counts attempts; may be nil.
	Sending *Sending
	// Senders is how many messages are sent at once: as many may wait for a slow server. Default: 64.
	Senders int
	// Pending is how many messages may be in progress or wait for another try; reading pauses at this number. Default: 2,000.
	Pending int
	// SendTimeout limits one try, beside the limits of its steps. Default: 30 minutes.
	SendTimeout time.Duration
	// SaveEvery is the least time between two writes of the checkpoint. Default: a second.
	SaveEvery time.Duration
}

func (o *Options) setDefaults() {
	if o.Observe == nil {
		o.Observe = func(domain.MessageClass, Result) {}
	}
	if o.Fault == nil {
		o.Fault = func(error) {}
	}
	if o.Senders <= 0 {
		o.Senders = 64
	}
	if o.SendTimeout <= 0 {
		o.SendTimeout = 30 * time.Minute
	}
}

// pauses are how long a message waits after each try: 1 s, 5 s, 25 s, 125 s, 5 min, ... so that six tries fit into a
// code's lifetime.
func pauses() backoff.Steps {
	return backoff.Steps{First: time.Second, Longest: 5 * time.Minute, Factor: 5}
}
