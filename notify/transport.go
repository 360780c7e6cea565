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

// Transport sends messages to people: e-mail today; text messages and voice calls would fit too.
type Transport interface {
	// Medium is the transport's medium.
	Medium() domain.Medium
	// Send hands over one message. Nil means that the next server has accepted it or that it is stored. A *SendError
	// with Refused is permanent; any other error may be retried. Errors contain no address and no text from the other
	// side, which often repeats the address. Send is safe for concurrent use and returns soon after ctx ends.
	Send(ctx context.Context, e Envelope) error
}

// Forgetter is a Transport that keeps messages and can delete a person's.
type Forgetter interface {
	// Forget deletes every message of an account. It is idempotent.
	Forget(id domain.AccountID) error
}

// Envelope is one message to send. It is personal and prints as [personal].
type Envelope struct {
	// ID is the delivery's id, the same for each attempt at the message.
	ID      domain.DeliveryID
	At      time.Time // of the attempt
	Message domain.Message
	// Account is the recipient's account, or the one that the sign-up will become.
	Account domain.AccountID
	To      string
	Code    string // empty if the message has none
	Link    string // that the code belongs to; empty if the message has none
	Expires time.Time
	Content templates.Email
}

// Format prints [personal] for every verb.
func (Envelope) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, "[personal]") }

// LogValue logs [personal].
func (Envelope) LogValue() slog.Value { return slog.StringValue("[personal]") }

// Step is where a transport failed.
type Step string

// Steps.
const (
	StepConnect   Step = "connect"   // no connection
	StepGreeting  Step = "greeting"  // the server did not greet, or not as a mail server does
	StepTLS       Step = "tls"       // no encryption
	StepSignIn    Step = "sign_in"   // user or password were not accepted
	StepSender    Step = "sender"    // the sender was not accepted
	StepRecipient Step = "recipient" // the recipient was not accepted
	StepContent   Step = "content"   // the message could not be sent
	StepAnswer    Step = "answer"    // the message was sent and not accepted, or not answered
	StepStore     Step = "store"     // it could not be stored
)

// SendError is why a message was not handed over. It contains no text from the other side.
type SendError struct {
	Step Step
	// Refused: permanently; a retry is useless.
	Refused bool
	// Unknown: it was sent, and may have been accepted.
	Unknown bool
	// Code is the other side's reply code and Enhanced its enhanced status (RFC 3463), if given.
	Code     int
	Enhanced string
	// Why is a short reason in the transport's own words, or empty.
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
	if e.Unknown {
		b.WriteString(", may have been accepted")
	}
	if e.Refused {
		b.WriteString(", refused for good")
	}
	return b.String()
}
