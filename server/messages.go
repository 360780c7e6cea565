package server

import "accountledger/projections/runner"

func (s *Server) notifier() (runner.Consumer, error) { return nil, nil }
