package server

// Readiness tells how the process is. Consumers that lag or stopped stand in it, and make no process unready.
type Readiness struct {
	// Ready: this process can append and read.
	Ready bool `json:"ready"`
	// Reason says why it is not, in the ledger's own words.
	Reason    string          `json:"reason,omitzero"`
	Consumers []ConsumerState `json:"consumers"`
}

// ConsumerState is how far one reader of the log is.
type ConsumerState struct {
	Name string `json:"name"`
	// State is running, waiting, stopped or rebuilding.
	State string `json:"state"`
	// Lag is how far it is from the end of the log, in Unit.
	Lag        int64   `json:"lag"`
	Unit       string  `json:"unit"`
	LagSeconds float64 `json:"lag_seconds"`
	// Reason says why it waits or stopped.
	Reason string `json:"reason,omitzero"`
}
