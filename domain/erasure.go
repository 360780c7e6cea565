package domain

import "time"

// DefaultGrace is how long an erasure can be cancelled before it starts.
const DefaultGrace = 14 * 24 * time.Hour

// ErasureRequested: the person asked for the account to be erased. It can be cancelled until it is due; decisions are denied at
// once.
type ErasureRequested struct {
	Due time.Time `json:"due"`
}

// ErasureCancelled: the person changed their mind.
type ErasureCancelled struct{}

// ErasureStage is a step on the way to an erasure at which the person is told of it once more.
type ErasureStage string

// Stages.
const (
	StageDayBefore ErasureStage = "day_before"
	StageLast      ErasureStage = "last" // afterwards nobody can be told
)

// Validate refuses unknown values.
func (s ErasureStage) Validate() error { return oneOf(s, StageDayBefore, StageLast) }

func (s ErasureStage) before() time.Duration {
	if s == StageDayBefore {
		return 24 * time.Hour
	}
	return 10 * time.Minute
}

func (s ErasureStage) message() Message {
	if s == StageDayBefore {
		return MessageErasureTomorrow
	}
	return MessageErasureNow
}

// ErasureReminded: the erasure comes nearer, and the person is told. It delays nothing.
type ErasureReminded struct {
	Stage ErasureStage `json:"stage"`
	Due   time.Time    `json:"due"`
}

// NextStage is when something is to be done next about an erasure that is due at a time, as of now: the person is told, or it starts.
func NextStage(due, now time.Time) (ErasureStage, time.Time) {
	for _, s := range []ErasureStage{StageDayBefore, StageLast} {
		if at := due.Add(-s.before()); at.After(now) {
			return s, at
		}
	}
	return "", due
}

// ErasureStarted: from now on it cannot be cancelled.
type ErasureStarted struct{}

// ErasureCompleted: the claim is retired, the identifier's row deleted, keys and secrets destroyed.
type ErasureCompleted struct{}

// ErasureState is the state of an erasure.
type ErasureState string

// States.
const (
	ErasureNone      ErasureState = ""
	ErasureWaiting   ErasureState = "requested"
	ErasureWithdrawn ErasureState = "cancelled"
	ErasureRunning   ErasureState = "started"
	ErasureDone      ErasureState = "completed"
)

// Values lists those of an erasure that was asked for.
func (ErasureState) Values() []ErasureState {
	return []ErasureState{ErasureWaiting, ErasureWithdrawn, ErasureRunning, ErasureDone}
}

// Erasure is the state of an account's erasure.
type Erasure struct {
	State       ErasureState
	RequestedBy Fact
	RequestedAt time.Time
	Due         time.Time
	EndedAt     time.Time
	Reminded    ErasureStage // the latest
}

func (e *Erasure) apply(f Fact) {
	switch x := f.Event.(type) {
	case ErasureRequested:
		*e = Erasure{State: ErasureWaiting, RequestedBy: f, RequestedAt: f.At, Due: x.Due}
	case ErasureReminded:
		e.Reminded = x.Stage
	case ErasureCancelled:
		e.State, e.EndedAt = ErasureWithdrawn, f.At
	case ErasureStarted:
		e.State = ErasureRunning
	case ErasureCompleted:
		e.State, e.EndedAt = ErasureDone, f.At
	}
}

// UnderWay reports whether the account is being erased or has been.
func (e *Erasure) UnderWay() bool {
	return e.State == ErasureWaiting || e.State == ErasureRunning || e.State == ErasureDone
}

// Done reports whether the account is erased.
func (e *Erasure) Done() bool { return e.State == ErasureDone }

// RequestErasure decides on a request to be erased after a grace period: at least the default one while the account is guarded, and not before
// the removal of a contact can be undone no more. Else whoever did what somebody guards against could keep the owner from coming back.
func (a *Account) RequestErasure(grace time.Duration, now time.Time) ([]any, error) {
	switch {
	case !a.Exists():
		return nil, ErrNotFound
	case a.Erasure.UnderWay():
		return nil, ErrErasureOpen
	}
	if a.Guarded(now) {
		grace = max(grace, DefaultGrace)
	}
	due := now.Add(grace).UTC()
	if held := a.heldUntil(); held.After(due) {
		due = held.UTC()
	}
	return []any{ErasureRequested{Due: due}}, nil
}

// CancelErasure decides on keeping the account. Cancelling it again changes nothing.
func (a *Account) CancelErasure() ([]any, error) {
	switch a.Erasure.State {
	case ErasureWaiting:
		return []any{ErasureCancelled{}}, nil
	case ErasureWithdrawn:
		return nil, nil
	case ErasureRunning, ErasureDone:
		return nil, ErrErasureDone
	case ErasureNone:
	}
	return nil, ErrNotFound
}

// RemindOfErasure decides on telling the person once more that the account will be erased, if a stage has come that was not before.
func (a *Account) RemindOfErasure(now time.Time) []any {
	e := a.Erasure
	for _, s := range []ErasureStage{StageLast, StageDayBefore} {
		if at := e.Due.Add(-s.before()); e.State == ErasureWaiting && !now.Before(at) && e.Reminded != s && e.Reminded != StageLast && at.After(e.RequestedAt) {
			return []any{ErasureReminded{Stage: s, Due: e.Due}}
		}
	}
	return nil
}

// StartErasure decides whether the erasure starts now: if it is due and has not started yet.
func (a *Account) StartErasure(now time.Time) []any {
	if a.Erasure.State == ErasureWaiting && !now.Before(a.Erasure.Due) {
		return []any{ErasureStarted{}}
	}
	return nil
}

// EraseNow starts an erasure whatever the account's state, because its keys turned out to be destroyed after a restore.
func (a *Account) EraseNow(now time.Time) []any {
	switch a.Erasure.State {
	case ErasureRunning, ErasureDone:
		return nil
	case ErasureWaiting:
		return []any{ErasureStarted{}}
	case ErasureNone, ErasureWithdrawn:
	}
	return []any{ErasureRequested{Due: now.UTC()}, ErasureStarted{}}
}

// EndErasure gives the events that complete an erasure: the devices are unlinked with the account.
func (a *Account) EndErasure() []any {
	var events []any
	for _, id := range a.DeviceIDs() {
		events = append(events, DeviceUnlinked{Device: id, Kind: a.Devices[id].Kind})
	}
	return append(events, ErasureCompleted{})
}
