package health

import (
	"context"

	"accountledger/notify"
	"accountledger/operate/fault"
)

// Readiness tells how the process is. Consumers that lag or stopped stand in it, and make no process unready.
type Readiness struct {
	// Ready: this process can append and read.
	Ready bool `json:"ready"`
	// Reason says why it is not, in the ledger's own words.
	Reason    string          `json:"reason,omitzero"`
	Consumers []ConsumerState `json:"consumers"`
	// Sending says how the sending of messages goes; none in a process that sends none. It takes nothing out of service.
	Sending *notify.SendingState `json:"sending,omitzero"`
}

// ConsumerState is how far one reader of the log is.
type ConsumerState struct {
	Name string `json:"name"`
	// State is running, waiting, stopped or rebuilding.
	State string `json:"state"`
	// Lag is how many events it is from the end of the log; AtLeast says that there are more, Unknown that the log cannot be asked.
	Lag        int64   `json:"lag"`
	AtLeast    bool    `json:"lag_at_least,omitzero"`
	Unknown    bool    `json:"lag_unknown,omitzero"`
	LagSeconds float64 `json:"lag_seconds"`
	// Reason says why it waits or stopped.
	Reason string `json:"reason,omitzero"`
}

func (p *Process) sendingState() *notify.SendingState {
	if p.Sending == nil {
		return nil
	}
	state := p.Sending.State()
	return &state
}

// Ready tells whether this process can append and read. Consumers that lag or stopped are named, and take nothing out of
// service.
func (p *Process) Ready(ctx context.Context) Readiness {
	ctx, cancel := context.WithTimeout(ctx, statusPatience)
	defer cancel()
	reason := p.NotReady(ctx)
	r := Readiness{Ready: reason == "", Reason: reason}
	r.Sending = p.sendingState()
	consumers, err := inTime(ctx, p.Ledger().Conditions)
	if err != nil {
		p.Desk.Met(ctx, fault.Log, "readiness", err)
	}
	for _, c := range consumers {
		r.Consumers = append(r.Consumers, ConsumerState{Name: c.Name, State: string(c.State), Lag: c.Lag, AtLeast: c.AtLeast, Unknown: c.Unknown,
			LagSeconds: c.Seconds, Reason: c.Reason})
	}
	return r
}
