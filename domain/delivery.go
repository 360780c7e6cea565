package domain

import "time"

// Medium is how a message is sent.
type Medium string

// MediumEmail is e-mail.
const MediumEmail Medium = "email"

// Validate refuses unknown values.
func (m Medium) Validate() error { return oneOf(m, MediumEmail) }

// A delivery is one message to a person. None of its events tells which message it is, to whom, or whether anybody has the address: that
// would be found out by asking for a message and looking for its delivery.

// DeliveryAdmitted: the budget of its class has room for a message, which takes this place in it. The delivery's id derives from the
// class, the address and the place under the day's key, so the streams themselves hold the limits: of two messages that want one place,
// one finds the stream taken. It precedes the event that asks for the message.
type DeliveryAdmitted struct {
	Class  MessageClass `json:"class"`
	Medium Medium       `json:"medium"`
	// Network is a hash of the asker's network, keyed by day, address and place: it only shows to the next asker's decision that
	// both came from the same network. Empty for a class that has no limit by network.
	Network Fingerprint `json:"network,omitzero"`
}

// DeliveryAttempted: the message is about to be handed over. It is recorded first, so a restart repeats at most the messages in flight.
type DeliveryAttempted struct {
	Medium  Medium `json:"medium"`
	Attempt int    `json:"attempt"`
}

// DeliverySucceeded: the next server accepted it.
type DeliverySucceeded struct{}

// DeliveryFailure is why a message was not handed over.
type DeliveryFailure string

// Failures.
const (
	FailRefused     DeliveryFailure = "refused"     // permanently, by the next server
	FailUnreachable DeliveryFailure = "unreachable" // after the last attempt
	FailUnanswered  DeliveryFailure = "unanswered"  // sent to the next server, which may have accepted it and did not say
	FailExpired     DeliveryFailure = "expired"     // its content was out of date
)

// Validate refuses unknown values.
func (f DeliveryFailure) Validate() error {
	return oneOf(f, FailRefused, FailUnreachable, FailUnanswered, FailExpired)
}

// DeliveryFailed: it was given up.
type DeliveryFailed struct {
	Failure DeliveryFailure `json:"failure"`
}

// Delivery is the state of one message.
type Delivery struct {
	Admitted DeliveryAdmitted
	First    Fact // the admission
	Attempts int
	Last     Fact // the latest attempt
	Ended    bool // there will be no more attempts
}

// Fork returns a copy to apply facts to; see forked.
func (d *Delivery) Fork() *Delivery {
	next := *d
	return &next
}

// Apply applies a fact to the state.
func (d *Delivery) Apply(f Fact) error {
	switch e := f.Event.(type) {
	case DeliveryAdmitted:
		d.Admitted, d.First = e, f
	case DeliveryAttempted:
		d.Attempts, d.Last = e.Attempt, f
	case DeliverySucceeded, DeliveryFailed:
		d.Ended = true
	default:
		return unexpected(f)
	}
	return nil
}

// Exists reports whether the message was admitted.
func (d *Delivery) Exists() bool { return !d.First.ID.IsZero() }

// Attempt decides on handing the message over for the n-th time.
func (d *Delivery) Attempt(n int, m Medium) ([]any, error) {
	switch {
	case !d.Exists():
		return nil, ErrNotFound
	case d.Ended || d.Attempts+1 != n: // another process was quicker
		return nil, ErrStale
	}
	return []any{DeliveryAttempted{Medium: m, Attempt: n}}, nil
}

// End decides on ending the delivery after the n-th attempt: because of a failure, or "" as the message was handed over. Of two ends
// the first counts.
func (d *Delivery) End(n int, why DeliveryFailure) ([]any, error) {
	switch {
	case !d.Exists():
		return nil, ErrNotFound
	case d.Ended:
		return nil, nil
	case d.Attempts != n:
		return nil, ErrStale
	case why != "":
		return []any{DeliveryFailed{Failure: why}}, nil
	}
	return []any{DeliverySucceeded{}}, nil
}

// Cause is the event that led to the delivery's next one: the latest attempt, or the event that asked for the message.
func (d *Delivery) Cause(asked EventID) EventID {
	if d.Attempts == 0 {
		return asked
	}
	return d.Last.ID
}

// Budget is how many messages may go out; 0 stands for no limit.
type Budget struct {
	PerHour, PerDay int // in any hour, on a day (UTC)
}

// Budgets are a class's: of all its messages to one addressee, and of those asked for from one network.
type Budgets struct {
	All, Network Budget
}

// Budgets are the limits of a class. An address is the addressee of guest and recovery, an account of own and alert, a case of operator.
// Only what anybody may ask for is limited by network too, so that a stranger alone does not use up what the owner needs.
func (c MessageClass) Budgets() Budgets {
	switch c {
	case ClassGuest:
		return Budgets{All: Budget{PerHour: 10, PerDay: 40}, Network: Budget{PerHour: 3, PerDay: 6}}
	case ClassRecovery:
		return Budgets{All: Budget{PerHour: 5, PerDay: 12}, Network: Budget{PerHour: 2, PerDay: 4}}
	case ClassOwn:
		return Budgets{All: Budget{PerHour: 5, PerDay: 20}}
	case ClassAlert:
		return Budgets{All: Budget{PerDay: 30}}
	case ClassOperator:
		return Budgets{All: Budget{PerDay: 10}}
	}
	return Budgets{}
}

// KnownClient is the budget of recovery messages that a client has of its own which the owner of the address has signed in with: whatever
// strangers ask for, the owner can get back in there.
func KnownClient() Budgets { return Budgets{All: Budget{PerDay: 3}} }

// Half is what a class may have before more is asked of guests than to ask: half of what all together may.
func (b Budgets) Half() Budgets {
	return Budgets{All: Budget{(b.All.PerHour + 1) / 2, (b.All.PerDay + 1) / 2}}
}

// Raised multiplies the limits.
func (b Budgets) Raised(by int) Budgets {
	return Budgets{b.All.raised(by), b.Network.raised(by)}
}

func (b Budget) raised(by int) Budget { return Budget{b.PerHour * by, b.PerDay * by} }

// Admission is a message that was admitted to an addressee before.
type Admission struct {
	At   time.Time
	Here bool // asked for from the network that asks now
}

// Wait is how long somebody has to wait before another message is admitted; 0 if there is room now. before are the admissions of
// today and of the last hour.
func (b Budgets) Wait(before []Admission, now time.Time) time.Duration {
	here := make([]Admission, 0, len(before))
	for _, a := range before {
		if a.Here {
			here = append(here, a)
		}
	}
	return max(b.All.wait(before, now), b.Network.wait(here, now))
}

func (b Budget) wait(before []Admission, now time.Time) time.Duration {
	today, hour := DayOf(now), []time.Time{}
	onDay := 0
	for _, a := range before {
		if DayOf(a.At) == today {
			onDay++
		}
		if now.Sub(a.At) < time.Hour {
			hour = append(hour, a.At)
		}
	}
	var wait time.Duration
	if over := len(hour) - b.PerHour; b.PerHour > 0 && over >= 0 {
		wait = min(hour[over].Add(time.Hour).Sub(now), time.Hour) // no longer, even if a clock was ahead
	}
	if b.PerDay > 0 && onDay >= b.PerDay {
		tomorrow := now.UTC().Truncate(24 * time.Hour).Add(24 * time.Hour)
		wait = max(wait, tomorrow.Sub(now))
	}
	return wait
}
