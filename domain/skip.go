package domain

// EventSkipped: an operator let a view go on past an event that it cannot digest. Documents into which that event cannot be
// folded stay as they were before it, in the live view and in every rebuild. Where the program can fold it, the skip
// changes nothing: a program that was mended makes of the event what it says.
type EventSkipped struct {
	View   ViewName             `json:"view"`
	Event  EventID              `json:"event"`
	UID    int                  `json:"uid"` // of the system's user who asked for it
	Reason Part[OperatorReason] `json:"skip_reason"`
}
