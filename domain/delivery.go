package domain

// OncePerDay reports whether a message goes to an address at most once a day: its owner did not ask for it.
func (m Message) OncePerDay() bool { return m == MessageExists || m == MessageContactTaken }

// Medium is how a message is sent.
type Medium string

// MediumEmail is e-mail.
const MediumEmail Medium = "email"

// Validate refuses unknown values.
func (m Medium) Validate() error { return oneOf(m, MediumEmail) }

// DeliveryAttempted: a message is about to be handed over. It is recorded first, so a restart repeats at most the
// messages in flight.
type DeliveryAttempted struct {
	Message  Message  `json:"message"`
	Medium   Medium   `json:"medium"`
	Language Language `json:"language"`
	Attempt  int      `json:"attempt"`
}

// DeliverySucceeded: the next server accepted it.
type DeliverySucceeded struct{}

// DeliveryFailure is why a message was not handed over.
type DeliveryFailure string

// Failures.
const (
	FailRefused     DeliveryFailure = "refused"     // permanently, by the next server
	FailUnreachable DeliveryFailure = "unreachable" // after the last attempt
	FailExpired     DeliveryFailure = "expired"     // its content was out of date
)

// Validate refuses unknown values.
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

// Apply applies a fact to the state.
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

// Ended reports whether there will be no more attempts.
func (d *Delivery) Ended() bool { return d.Succeeded || d.Failed != "" }
