package server

import (
	"context"

	"accountledger/consumers"
	"accountledger/leases"
	"accountledger/notify"
	"accountledger/replay/audit"
	"accountledger/replay/move"
)

// standing are the consumers that keep a checkpoint, none of which is set to work by being asked for it. A process of the API
// knows those only whose checkpoint goes with a lease.
func (s *Server) standing(ctx context.Context) ([]audit.Consumer, error) {
	var all []consumers.Consumer
	if s.cfg.Role != RoleAPI {
		all = s.views.Consumers()
	}
	if s.processes != nil {
		all = append(all, s.processes.Consumer())
	}
	var out []audit.Consumer
	for _, c := range all {
		at := c.Checkpoint
		if c.Stored != nil {
			at = c.Stored
		}
		out = append(out, audit.Consumer{Name: c.Name, At: at})
	}
	effects := s.effects()
	outside, err := effects.Consumers(ctx)
	return append(out, outside...), err
}

// effects is where the consumers with effects outside stand.
func (s *Server) effects() move.Effects {
	e := move.Effects{Folder: s.cfg.Data}
	if s.cfg.shared() {
		e.Shared, e.Leases = []string{notify.Name}, s.joinLeases
	}
	return e
}

// joinLeases opens the leases once.
func (s *Server) joinLeases(ctx context.Context) (*leases.Keeper, error) {
	if s.leases == nil {
		if err := s.openLeases(ctx); err != nil {
			return nil, err
		}
	}
	return s.leases, nil
}
