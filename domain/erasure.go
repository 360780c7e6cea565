package domain

import "time"

// DefaultGrace is how long an erasure waits, so that it can be cancelled.
const DefaultGrace = 14 * 24 * time.Hour

// ErasureRequested: the person wants the account gone. Until it is due it can be cancelled; decisions are denied at once.
type ErasureRequested struct {
	Due time.Time `json:"due"`
}

// ErasureCancelled: the person changed their mind.
type ErasureCancelled struct{}

// ErasureStarted: from here on it is carried out to its end.
type ErasureStarted struct{}

// ErasureCompleted: claim retired, map row deleted, keys and secrets destroyed.
type ErasureCompleted struct{}

// ErasureState is how far an erasure has come.
type ErasureState string

// States.
const (
	ErasureNone      ErasureState = ""
	ErasureWaiting   ErasureState = "requested"
	ErasureWithdrawn ErasureState = "cancelled"
	ErasureRunning   ErasureState = "started"
	ErasureDone      ErasureState = "completed"
)

// Erasure is the state of an account's erasure.
type Erasure struct {
	State       ErasureState
	RequestedBy Fact
	RequestedAt time.Time
	Due         time.Time
	EndedAt     time.Time
}

func (e *Erasure) apply(f Fact) {
	switch x := f.Event.(type) {
	case ErasureRequested:
		*e = Erasure{State: ErasureWaiting, RequestedBy: f, RequestedAt: f.At, Due: x.Due}
	case ErasureCancelled:
		e.State, e.EndedAt = ErasureWithdrawn, f.At
	case ErasureStarted:
		e.State = ErasureRunning
	case ErasureCompleted:
		e.State, e.EndedAt = ErasureDone, f.At
	}
}

// UnderWay reports whether the account is being erased, or is erased.
func (e *Erasure) UnderWay() bool {
	return e.State == ErasureWaiting || e.State == ErasureRunning || e.State == ErasureDone
}

// Done reports whether the account is erased.
func (e *Erasure) Done() bool { return e.State == ErasureDone }

// RequestErasure decides on the wish to be erased after a grace.
func (a *Account) RequestErasure(grace time.Duration, now time.Time) ([]any, error) {
	switch {
	case !a.Exists():
		return nil, ErrNotFound
	case a.Erasure.UnderWay():
		return nil, ErrErasureOpen
	}
	return []any{ErasureRequested{Due: now.Add(grace).UTC()}}, nil
}

// CancelErasure decides on the wish to stay.
func (a *Account) CancelErasure() ([]any, error) {
	switch a.Erasure.State {
	case ErasureWaiting:
		return []any{ErasureCancelled{}}, nil
	case ErasureRunning, ErasureDone:
		return nil, ErrErasureDone
	}
	return nil, ErrNotFound
}

// StartErasure decides whether the erasure begins now: it is due, or has begun already.
func (a *Account) StartErasure(now time.Time) []any {
	if a.Erasure.State == ErasureWaiting && !now.Before(a.Erasure.Due) {
		return []any{ErasureStarted{}}
	}
	return nil
}

// EraseNow is what makes an erasure run whatever the account says: its keys are destroyed, as a restore found.
func (a *Account) EraseNow(now time.Time) []any {
	switch a.Erasure.State {
	case ErasureRunning, ErasureDone:
		return nil
	case ErasureWaiting:
		return []any{ErasureStarted{}}
	}
	return []any{ErasureRequested{Due: now.UTC()}, ErasureStarted{}}
}

// EndErasure is what an erasure that was carried out appends: the devices go with the account.
func (a *Account) EndErasure() []any {
	var events []any
	for _, id := range a.DeviceIDs() {
		events = append(events, DeviceUnlinked{Device: id, Kind: a.Devices[id].Kind})
	}
	return append(events, ErasureCompleted{})
}
