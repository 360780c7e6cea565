package api

import (
	"accountledger/journal"
)

// Awaiting is a request that can name a position the view must have reached.
type Awaiting struct {
	Min string `header:"Ledger-Min-Position" format:"position" doc:"A Ledger-Position: the answer includes everything up to it. If the view does not reach it within 5 seconds, the answer is 503 view_behind."`
}

// sealPosition encrypts a position, which callers must not read.
func (a *API) sealPosition(p journal.Position) string {
	if p.IsZero() {
		return ""
	}
	text, _ := p.MarshalText() // never fails
	return a.positions.Seal(text, a.LogID[:])
}

// openPosition reads a sealed position; none means the beginning.
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
