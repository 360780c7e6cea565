package api

import (
	"context"

	"accountledger/commands"
	"accountledger/domain"
)

type endSessionIn struct {
	Keyed
	ID string `path:"id" format:"uuid" doc:"The session."`
}

// endSession ends one of the caller's sessions, at once.
func (a *API) endSession() {
	route(a, operation("endSession", "DELETE", "/v1/sessions/{id}", "sessions", "End a session", "Its token stops working at once."), of(a.Menu.EndSession.May),
		func(ctx context.Context, r *ask, in *endSessionIn) (*done, error) {
			id, err := pathID(in.ID)
			if err != nil {
				return nil, err
			}
			out, err := a.Menu.EndSession(ctx, r.Request, commands.EndSession{ID: domain.SessionID{UUID: id}})
			if err != nil {
				return nil, err
			}
			return &done{Positioned{a.sealPosition(out.Position)}}, nil
		}, domain.ErrNotFound)
}
