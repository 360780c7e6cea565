package api

import (
	"accountledger/journal"
)

// Awaiting is a request that may say how far a view must know the log.
type Awaiting struct {
	Min string `header:"Ledger-Min-Position" doc:"A Ledger-Position: the answer knows all up to it. If the view does not get there within 5 seconds, the answer is 503 view_behind."`
}

// sealPosition makes a token of a position. Where the log stands is not for callers to read.
func (a *API) sealPosition(p journal.Position) string {
	if p.IsZero() {
		return ""
	}
	text, _ := p.MarshalText() // never fails
	return a.positions.Seal(text, a.LogID[:])
}

// openPosition reads a token of ours; none is the beginning.
func (a *API) openPosition(token string) (p journal.Position, err error) {
	if token == "" {
		return p, nil
	}
	text, err := a.positions.Open(token, a.LogID[:])
	if err != nil || p.UnmarshalText(text) != nil {
		return journal.Position{}, errPosition
	}
	return p, nil
}
