package server

import (
	"context"
)

// status gathers what operators are told.
func (s *Server) status(ctx context.Context) (Status, error) {
	st := Status{Version: Version(), Messages: MessagesTo(s.cfg), Ready: true, Clock: s.clockStatus()}
	if address := s.address.Load(); address != nil {
		st.Running, st.Address, st.Internal = true, *address, s.Internal()
	}
	if err := s.check(ctx); err != nil {
		st.Ready, st.Reason = false, err.Error()
	}
	head, err := s.journal.Head(ctx)
	if err != nil {
		return st, err
	}
	id, err := s.journal.LogID(ctx)
	if err != nil {
		return st, err
	}
	st.Log = LogStatus{ID: id.String(), Head: head.Position.String(), Fence: s.fence(ctx)}
	if s.processes != nil {
		if st.Deadlines, err = s.processes.Waiting(ctx); err != nil {
			return st, err
		}
	}
	st.MasterKeys = s.keysInUse(ctx)
	if st.Backups, err = s.backupsStatus(ctx); err != nil {
		return st, err
	}
	if skips, err := s.skipsOf(ctx); err != nil {
		s.log.Warn("it cannot be told which events were skipped", "error", err.Error())
	} else if len(skips) > 0 {
		st.Skips = skips
	}
	st.Rebuilds = s.rebuilds(ctx)
	consumers, err := s.conditions(ctx)
	if err != nil {
		return st, err
	}
	for _, c := range consumers {
		if !st.Running {
			st.Consumers = append(st.Consumers, ConsumerStatus{Name: c.Name, State: "idle", LagUnit: c.Unit})
			continue
		}
		st.Consumers = append(st.Consumers, ConsumerStatus{Name: c.Name, Position: c.Position.String(), Lag: c.Lag, LagUnit: c.Unit,
			LagSeconds: c.Seconds, State: string(c.State), Reason: c.Reason})
	}
	return st, nil
}
