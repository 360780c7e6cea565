package domain

import "time"

// AttemptKind is what a limit counts.
type AttemptKind string

// Kinds.
const (
	AttemptSignIn  AttemptKind = "sign_in"  // refused sign-ins at one identifier, from one network or by one known client
	AttemptNetwork AttemptKind = "network"  // refused sign-ins from one network, at any identifier
	AttemptInARow  AttemptKind = "in_a_row" // refused sign-ins at one identifier since the last right one (NIST SP 800-63B-4, 3.2.2)
	AttemptRaise   AttemptKind = "raise"    // refused proofs in one session
	AttemptTOTP    AttemptKind = "totp"     // wrong codes of authenticator apps of one account after its right password, or in one of its sessions
	AttemptCode    AttemptKind = "code"     // wrong codes for one identifier
	AttemptSignUp  AttemptKind = "sign_up"  // sign-ups from one network
	AttemptLink    AttemptKind = "link"     // links that are none, from one network
	AttemptRecover AttemptKind = "recover"  // recoveries asked for from one network, and other passwords for a completed one
)

// AttemptKinds lists every kind.
func AttemptKinds() []AttemptKind {
	return []AttemptKind{AttemptSignIn, AttemptNetwork, AttemptInARow, AttemptRaise, AttemptTOTP, AttemptCode, AttemptSignUp, AttemptRecover, AttemptLink}
}

// Validate refuses unknown values.
func (k AttemptKind) Validate() error { return oneOf(k, AttemptKinds()...) }

// AttemptsCounted: some attempts were counted. Each process counts in memory and records a step of several at once, so that the log grows
// much more slowly than the attempts.
type AttemptsCounted struct {
	Attempt AttemptKind `json:"attempt"`
	N       int         `json:"n"`
	// At is when the last of them was made, by the clock of the process: the fact's own time can be later.
	At time.Time `json:"at"`
}

// AttemptsLimited: they reached the limit of a window. At most one event per window and limit, however many are refused then.
type AttemptsLimited struct {
	Attempt AttemptKind `json:"attempt"`
	Limit   int         `json:"limit"`
	Seconds int         `json:"seconds,omitzero"` // length of the window; none if it ends with a right attempt
}

// AttemptsCleared: a right attempt ended a row of wrong ones.
type AttemptsCleared struct {
	Attempt AttemptKind `json:"attempt"`
}

// Attempts is what is recorded for one limit in one period.
type Attempts struct {
	Counts  []AttemptsCounted
	Row     int   // how many were counted since the last right one
	Limited bool  // a limit was reached
	Applied int64 // how many events it is made from
}

// Fork returns a copy to apply facts to.
func (a *Attempts) Fork() *Attempts {
	next := *a
	next.Counts = a.Counts[:len(a.Counts):len(a.Counts)]
	return &next
}

// Apply applies a fact to the state.
func (a *Attempts) Apply(f Fact) error {
	switch e := f.Event.(type) {
	case AttemptsCounted:
		a.Counts = append(a.Counts, e)
		a.Row += e.N
	case AttemptsCleared:
		a.Row = 0
	case AttemptsLimited:
		a.Limited = true
	default:
		return unexpected(f)
	}
	a.Applied = f.Version + 1
	return nil
}

// Within gives the counts of a window that ends now. What a clock that was ahead has recorded does not count.
func (a *Attempts) Within(window time.Duration, now time.Time) []AttemptsCounted {
	var in []AttemptsCounted
	for _, c := range a.Counts {
		if now.Sub(c.At) < window && !c.At.After(now.Add(MaxAhead)) {
			in = append(in, c)
		}
	}
	return in
}
