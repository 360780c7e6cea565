package domain

// EventSkipped: an operator let a view skip an event that it cannot process. Documents that cannot take the event stay as they
// were before it, in the live view and in every rebuild. If the program can process the event, as a fixed one does, the
// skip has no effect.
//
// Without a view every reader skips the event, including readers of its stream: no ledger wrote it, or its bytes are damaged.
type EventSkipped struct {
	View   ViewName             `json:"view,omitzero"`
	Event  EventID              `json:"event"`
	UID    int                  `json:"uid"` // of the operator
	Reason Part[OperatorReason] `json:"skip_reason"`
}

// PassedOver takes the place of an event that every reader skips. It changes nothing.
type PassedOver struct{}
