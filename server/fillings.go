package server

import "accountledger/projections/runner"

// Fillings tells how far the views are that this process fills now: those without a usable generation, those of rebuilds and those
// of comparisons, with those that wait for their turn.
func (s *Server) Fillings() []runner.Underway { return s.budget.Underway() }
