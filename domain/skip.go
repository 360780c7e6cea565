package domain

// EventSkipped: an operator let a view go on past an event that it cannot digest. Documents into which that event cannot be
// folded stay as they were before it, in the live view and in every rebuild. Where the program can fold it, the skip
// changes nothing: a program that was mended makes of the event what it says.
//
// Without a view every reader goes on past the event, its own stream's included: no ledger wrote it, or its bytes are damaged.
type EventSkipped struct {
	View   ViewName             `json:"view,omitzero"`
	Event  EventID              `json:"event"`
	UID    int                  `json:"uid"` // of the system's user who asked for it
	Reason Part[OperatorReason] `json:"skip_reason"`
}

// PassedOver is what a stream holds in the place of an event that operators let every reader go on past. It changes nothing.
type PassedOver struct{}
