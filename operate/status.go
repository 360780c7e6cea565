package operate

import (
	"context"

	"accountledger/eventstore"
	"accountledger/notify"
	"accountledger/operate/fault"
)

// ReadStatus describes the ledger, even while the log takes no appends: that is when it is needed most. It shows nothing personal.
var ReadStatus = &Operation[None, Status]{
	Info: Info{Name: "status", Reads: true},
	do:   func(ctx context.Context, c *call, _ None) (Status, error) { return c.Status(ctx), nil },
}

// Status is the state of the ledger.
type Status struct {
	Version string `json:"version"`
	Running bool   `json:"running"` // a server answers; false: opened for this command
	Address string `json:"address,omitzero"`
	// Internal is the address of metrics, details of readiness and profiles; none: not served.
	Internal string `json:"internal,omitzero"`
	Ready    bool   `json:"ready"`
	Reason   string `json:"reason,omitzero"` // why it is not ready
	// Archive: the ledger was imported without its vault. It is ready to be read, and takes no appends.
	Archive bool      `json:"archive,omitzero"`
	Log     LogStatus `json:"log"`
	// Unread are the parts of the status that cannot be read now, with the causes.
	Unread []Unread `json:"unread,omitzero"`
	// Faults are what this process met since its start, each with its cause, since when and how often; current ones come first.
	Faults   []Fault `json:"faults,omitzero"`
	Messages string  `json:"messages"` // where messages to people go
	// Sending says how it goes: counts of the last hour, and the last failure of this process.
	Sending   *notify.SendingState `json:"sending,omitzero"`
	Consumers []ConsumerStatus     `json:"consumers"`
	Deadlines int                  `json:"deadlines"` // sign-ups and erasures that wait for their time
	// Clock says whether the clock is trusted.
	Clock ClockStatus `json:"clock"`
	// Skips are the events that operators skipped, without the reasons.
	Skips []SkippedEvent `json:"skips,omitzero"`
	// Rebuilds are those in progress or unfinished.
	Rebuilds []RebuildStatus `json:"rebuilds,omitzero"`
	// MasterKeys are those that are not destroyed, without counts; none where the vault cannot be read now.
	MasterKeys []MasterKey `json:"master_keys,omitzero"`
	// Backups says until when backups hold keys that are destroyed now.
	Backups BackupsStatus `json:"backups"`
}

// LogStatus is the log's.
type LogStatus struct {
	ID   string `json:"id"`
	Head string `json:"head"`
	// Fence says why the log permanently takes no appends: it has moved, or is an archive.
	Fence string `json:"fence,omitzero"`
}

// ConsumerStatus is one consumer's.
type ConsumerStatus struct {
	Name       string  `json:"name"`
	Position   string  `json:"position"`
	Lag        int64   `json:"lag"`                   // events up to the head
	AtLeast    bool    `json:"lag_at_least,omitzero"` // there are more
	Unknown    bool    `json:"lag_unknown,omitzero"`  // the log cannot be asked
	LagSeconds float64 `json:"lag_seconds"`           // age of the oldest event not handled
	State      string  `json:"state"`                 // running, waiting, stopped, rebuilding, idle
	Reason     string  `json:"reason,omitzero"`
	// Unreadable is the id of an unreadable event at which it waits: replay skip skips it everywhere.
	Unreadable string `json:"unreadable,omitzero"`
}

// Fault is something that went wrong beneath the ledger, with its cause, since when and how often.
type Fault = fault.Fault

// Unread is a part of the status that cannot be read now, and why.
type Unread struct {
	What  string      `json:"what"`
	Cause fault.Cause `json:"cause"`
}

// FenceOf tells operators why a log takes no appends for good; "" when it does, or cannot be reached, which is said elsewhere.
func FenceOf(ctx context.Context, log eventstore.Store) string {
	f, ok := log.(eventstore.Fencer)
	if !ok {
		return ""
	}
	stands, err := f.Fenced(ctx)
	switch {
	case err != nil:
		return ""
	case stands.Reason == eventstore.FenceMove:
		return "it moves, or has moved, to log " + stands.Target.String()
	case stands.Reason == eventstore.FenceArchive:
		return "it is an archive, imported without its vault: it can be read, and nobody can sign in"
	}
	return ""
}
