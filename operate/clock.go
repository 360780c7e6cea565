package operate

import (
	"context"
	"time"

	"accountledger/commands"
	"accountledger/domain"
)

// ConfirmClock confirms the ledger's clock after a jump. It is refused where the clock shows another time than the operator gives:
// then it has to be set first, or it has moved since the operator looked.
var ConfirmClock = &Operation[ClockConfirm, ClockConfirmed]{
	Info: Info{Name: "clock-confirm", Records: RecordedFirst, As: domain.OpClockConfirm},
	check: func(_ context.Context, _ *Ledger, in ClockConfirm) error {
		_, _, err := clockTimes(in.Time)
		return err
	},
	do: confirmClock,
}

// ClockStatus is how the ledger's clock is seen.
type ClockStatus struct {
	// Waits: nothing is destroyed because of the time, since Says is too far from Expected, where the log and the process's run time
	// put the clock. It ends when the clock is back, or when an operator confirms it. The process that runs deadlines knows it.
	Waits    bool      `json:"waits"`
	Since    time.Time `json:"since,omitzero"` // by the clock itself
	Says     time.Time `json:"says"`
	Expected time.Time `json:"expected,omitzero"`
	// Moved is by how much --clock moves it forward.
	Moved string `json:"moved,omitzero"`
}

// ClockConfirm says what time it is by another clock than the machine's: a day, as 2026-11-26 in UTC, or a time, as
// 2026-11-26T19:40Z.
type ClockConfirm struct {
	Time string `json:"time"`
	// Reason is in the operator's words, about nobody; it may be empty. It is sealed in the log.
	Reason string `json:"reason,omitzero"`
}

// ClockConfirmed is the answer.
type ClockConfirmed struct {
	Time time.Time `json:"time"` // what the ledger's clock said
	// Waited: something waited for it, as far as this process knows.
	Waited bool `json:"waited"`
}

var errClockTime = &domain.Error{Kind: domain.Invalid, Code: "invalid_time", Field: "/time",
	Message: "Say what time it is by another clock than this machine's: 2026-11-26 for a day in UTC, or 2026-11-26T19:40Z."}

// ClockWithin is how far the ledger's clock may be from the time that an operator gives.
const ClockWithin = 10 * time.Minute

// clockTimes reads what an operator says the time is.
func clockTimes(s string) (from, until time.Time, err error) {
	if day, err := time.Parse(time.DateOnly, s); err == nil {
		return day, day.AddDate(0, 0, 1).Add(-1), nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00"} {
		if at, err := time.Parse(layout, s); err == nil {
			return at.Add(-ClockWithin), at.Add(ClockWithin), nil
		}
	}
	return from, until, errClockTime
}

func confirmClock(ctx context.Context, c *call, in ClockConfirm) (ClockConfirmed, error) {
	from, until, err := clockTimes(in.Time)
	if err != nil {
		return ClockConfirmed{}, err
	}
	out := ClockConfirmed{Waited: c.Clock().Waits}
	a, err := c.Menu.ConfirmClock(ctx, c.request("confirmClock"), commands.ConfirmClock{From: from, Until: until, Reason: in.Reason})
	if err != nil {
		return ClockConfirmed{}, err
	}
	out.Time = a.Value
	return out, nil
}
