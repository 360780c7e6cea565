package domain

import "time"

// ClockStream holds confirmations of the ledger's clock.
const ClockStream = "clock"

// ClockConfirmed: the ledger's clock was confirmed as right, whatever times the log held before. An operator does so after a
// jump. The process that settles deadlines does so while the log is quiet, so that the log's last time is never old just
// because nothing happened.
type ClockConfirmed struct {
	// Time is the clock's time. The event's own time can be later, since times in a stream never go back.
	Time time.Time `json:"time"`
	UID  int       `json:"uid,omitzero"` // of the operator
	// Reason is missing if none was given.
	Reason Part[OperatorReason] `json:"clock_reason,omitzero"`
}
