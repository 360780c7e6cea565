package notify

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/internal/backoff"
	"accountledger/journal"
	"accountledger/notify/templates"
)

// Limits of what one address gets. They are counted in the log, so they hold across restarts and processes.
const (
	MaxPerDay  = 20
	MaxPerHour = 5
	// MaxAttempts bounds the tries at one message.
	MaxAttempts = 6
)

// ErrClosed: the notifier has been closed.
var ErrClosed = errors.New("notify: closed")

// Result is what became of a message; it is for counting.
type Result string

// Results.
const (
	Succeeded   Result = "succeeded"
	Refused     Result = "refused"
	Unreachable Result = "unreachable"
	Expired     Result = "expired"
	Retried     Result = "retried"      // a try failed, and there will be another
	Limited     Result = "limited"      // not sent: the address had its number of messages
	SentAlready Result = "sent_already" // not sent: "you have an account" was sent today
)

// Results lists every result.
func Results() []Result {
	return []Result{Succeeded, Refused, Unreachable, Expired, Retried, Limited, SentAlready}
}

// Options of a notifier. Those without a default are needed.
type Options struct {
	Journal *journal.Journal
	// Message picks what to send: commands.Menu.Message.
	Message commands.Command[commands.Message, commands.MessageToSend]
	Channel Channel
	Texts   *templates.Texts
	// Path is the checkpoint's file. A Shared notifier has none.
	Path string
	Log  *slog.Logger
	Now  func() time.Time
	// Wait waits between two tries; nil waits for as long as it says. Its error means that ctx ended.
	Wait func(ctx context.Context, d time.Duration) error
	// Observe counts results; nil counts nothing. It is called by many goroutines at once.
	Observe func(domain.Message, Result)
	// Fault is told why a message could not be handed over, and of trouble with log, vault and checkpoint. Nil: nobody is. It is
	// called by many goroutines at once.
	Fault func(error)
	// Senders is how many messages are sent at once: 8.
	Senders int
	// Pending is how many messages may be under way or wait for another try: 2,000. Reading stops beyond it.
	Pending int
	// SendTimeout bounds one try: a minute.
	SendTimeout time.Duration
	// SaveEvery is how often the checkpoint is written at most: a second.
	SaveEvery time.Duration
}

func (o *Options) setDefaults() {
	if o.Wait == nil {
		o.Wait = backoff.Sleep
	}
	if o.Observe == nil {
		o.Observe = func(domain.Message, Result) {}
	}
	if o.Fault == nil {
		o.Fault = func(error) {}
	}
	if o.Senders <= 0 {
		o.Senders = 8
	}
	if o.Pending <= 0 {
		o.Pending = 2000
	}
	if o.SendTimeout <= 0 {
		o.SendTimeout = time.Minute
	}
	if o.SaveEvery <= 0 {
		o.SaveEvery = time.Second
	}
}

// pauses are how long a message waits after each try: 1 s, 5 s, 25 s, 125 s, 5 min, ... so that six tries fit into the
// time that a code holds.
func pauses() backoff.Steps {
	return backoff.Steps{First: time.Second, Longest: 5 * time.Minute, Factor: 5}
}
