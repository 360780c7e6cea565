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

// MaxAttempts is how often one message is tried, but for notices to an account's owner, which are tried for hours.
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
	// Alerts asks for the messages that tell an account's owner of a fact: commands.Menu.Alerts.
	Alerts commands.Command[commands.Alerts, []domain.MessageRequest]
	// Record records the steps of a delivery: commands.Menu.RecordDelivery.
	Record    commands.Command[commands.RecordDelivery, commands.DeliveryState]
	Transport Transport
	Texts     *templates.Texts
	// Origin is where people reach the service, such as https://accounts.example.com, for links; nil or "": it is not known, and
	// messages have the bare tokens of links.
	Origin func() string
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
	// Pending is how many messages may be in progress or wait for another try; reading pauses at this number, and at
	// five times as many of which all that is left are alerts. Default: 2,000.
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
	if o.Origin == nil {
		o.Origin = func() string { return "" }
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

// patience is how long it is tried to send a message.
type patience struct {
	attempts int
	pauses   backoff.Steps // after each attempt
	unread   time.Duration // for how long its content may fail to be read
}

// patienceOf is that of a class. Six tries, after 1 s, 5 s, 25 s, 125 s and 5 min, fit into a code's lifetime. A notice that somebody
// tries to undo what happened by is tried for six hours.
func patienceOf(c domain.MessageClass) patience {
	if c == domain.ClassAlert {
		return patience{40, backoff.Steps{First: time.Second, Longest: 10 * time.Minute, Factor: 5}, domain.UndoLifetime}
	}
	return patience{MaxAttempts, backoff.Steps{First: time.Second, Longest: 5 * time.Minute, Factor: 5}, domain.CodeLifetime}
}
