package server

import (
	"context"

	"accountledger/consumers"
	"accountledger/eventstore"
	"accountledger/replay/audit"
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
	effects, err := s.effects(ctx)
	return append(out, placesOf(effects)...), err
}

func placesOf(effects []effect) (all []audit.Consumer) {
	for _, e := range effects {
		all = append(all, audit.Consumer{Name: e.consumer, At: func(context.Context) (eventstore.Checkpoint, error) { return e.at, nil }})
	}
	return all
}
