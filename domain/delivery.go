package domain

// Message is which message a delivery carries.
type Message string

// Messages.
const (
	MessageCode    Message = "code"        // a code to prove an address
	MessageExists  Message = "you_have_it" // somebody tried to sign up by an address that has an account
	MessageErasure Message = "erasure"     // an erasure was requested
)

// Validate refuses what is no message.
func (m Message) Validate() error { return oneOf(m, MessageCode, MessageExists, MessageErasure) }

// Medium carries messages.
type Medium string

// MediumEmail is e-mail.
const MediumEmail Medium = "email"

// Validate refuses what is no medium.
func (m Medium) Validate() error { return oneOf(m, MediumEmail) }

// DeliveryAttempted: a message is about to be handed over. It is recorded before, so a restart
// repeats at most what was under way.
type DeliveryAttempted struct {
	Message  Message  `json:"message"`
	Medium   Medium   `json:"medium"`
	Language Language `json:"language"`
	Attempt  int      `json:"attempt"`
}

// DeliverySucceeded: the next server took it.
type DeliverySucceeded struct{}

// DeliveryFailure is why a message was not handed over.
type DeliveryFailure string

// Failures.
const (
	FailRefused     DeliveryFailure = "refused"     // for good, by the next server
	FailUnreachable DeliveryFailure = "unreachable" // after the last attempt
	FailExpired     DeliveryFailure = "expired"     // what it said held no more
)

// Validate refuses what is no failure.
func (f DeliveryFailure) Validate() error { return oneOf(f, FailRefused, FailUnreachable, FailExpired) }

// DeliveryFailed: it was given up.
type DeliveryFailed struct {
	Failure DeliveryFailure `json:"failure"`
}

// Delivery is the state of one message.
type Delivery struct {
	Attempts  int
	First     Fact
	Succeeded bool
	Failed    DeliveryFailure
}

// Apply assigns what a fact says.
func (d *Delivery) Apply(f Fact) error {
	switch e := f.Event.(type) {
	case DeliveryAttempted:
		if d.Attempts == 0 {
			d.First = f
		}
		d.Attempts = e.Attempt
	case DeliverySucceeded:
		d.Succeeded = true
	case DeliveryFailed:
		d.Failed = e.Failure
	default:
		return unexpected(f)
	}
	return nil
}

// Ended reports whether nothing more will be tried.
func (d *Delivery) Ended() bool { return d.Succeeded || d.Failed != "" }
