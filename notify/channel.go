package notify

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"accountledger/domain"
	"accountledger/notify/templates"
)

// Channel carries messages to people: e-mail today; text messages and voice calls take the same shape.
type Channel interface {
	// Medium is what the channel carries by.
	Medium() domain.Medium
	// Send hands one message over. Nil: the next server has taken it, or it is stored. A *SendError that is
	// Refused: it never will. Any other error: it may be tried again. Errors hold no address and no words of the
	// other side's, which like to repeat the address. Send is safe for concurrent use and ends soon after ctx.
	Send(ctx context.Context, e Envelope) error
}

// Forgetter is a Channel that keeps messages and can be told to delete a person's.
type Forgetter interface {
	// Forget deletes every message kept of an account, and may be repeated.
	Forget(id domain.AccountID) error
}

// Envelope is one message on its way. It is personal and prints as [personal].
type Envelope struct {
	// ID is the delivery's; each attempt at the same message carries the same one.
	ID      domain.DeliveryID
	At      time.Time // of the attempt
	Message domain.Message
	// Account is whose the message is, or whose it becomes.
	Account domain.AccountID
	To      string
	Code    string // empty where the message has none
	Expires time.Time
	Content templates.Email
}

// Format prints [personal] for every verb.
func (Envelope) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, "[personal]") }

// LogValue logs [personal].
func (Envelope) LogValue() slog.Value { return slog.StringValue("[personal]") }

// Step is how far a channel came before it failed.
type Step string

// Steps.
const (
	StepConnect   Step = "connect"   // no connection
	StepSession   Step = "session"   // greeting, encryption, authentication
	StepSender    Step = "sender"    // the sender was not accepted
	StepRecipient Step = "recipient" // the recipient was not accepted
	StepContent   Step = "content"   // the message was not accepted
	StepStore     Step = "store"     // it could not be stored
)

// SendError is why a message was not handed over: nothing in it was written by another side.
type SendError struct {
	Step Step
	// Refused: for good; another try is of no use.
	Refused bool
	// Code is the other side's reply code and Enhanced its enhanced status (RFC 3463), where it gave one.
	Code     int
	Enhanced string
	// Why is a few words of the channel's own, or empty.
	Why string
}

// Error names step, codes and reason.
func (e *SendError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "notify: not handed over at step %s", e.Step)
	if e.Code != 0 {
		fmt.Fprintf(&b, ", reply %d", e.Code)
	}
	if e.Enhanced != "" {
		fmt.Fprintf(&b, " %s", e.Enhanced)
	}
	if e.Why != "" {
		fmt.Fprintf(&b, ", %s", e.Why)
	}
	if e.Refused {
		b.WriteString(", refused for good")
	}
	return b.String()
}
