package domain

import "time"

// ClockStream holds when the ledger's clock was taken as right.
const ClockStream = "clock"

// ClockConfirmed: the ledger's clock was taken as right at a time, whatever the log said before it. An operator says so
// after a jump; the process that settles deadlines notes it by itself while the log is quiet, so that the log's last time
// never lies far back only because nothing happened.
type ClockConfirmed struct {
	// Time is what the clock said. The event's own time can be later: times in a stream never go back.
	Time time.Time `json:"time"`
	UID  int       `json:"uid,omitzero"` // of the system's user who confirmed it
	// Reason is missing where none was given.
	Reason Part[OperatorReason] `json:"clock_reason,omitzero"`
}
