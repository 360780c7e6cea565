package api

import (
	"context"

	"accountledger/commands"
	"accountledger/journal"
)

type erasureIn struct {
	ID string `path:"id" doc:"The erasure, from the answer to its request."`
}

// seeErasure shows how far an erasure has come to whoever holds its id, since afterwards nobody can sign in.
func (a *API) seeErasure() {
	route(a, operation("seeErasure", "GET", "/v1/erasures/{id}", "erasure", "How far an erasure has come", "The id is the proof; no sign-in is needed."), anyone,
		func(ctx context.Context, r *ask, in *erasureIn) (*answer[erasureAnswer], error) {
			out, err := a.Menu.SeeErasure(ctx, r.Request, commands.Erasure{ID: in.ID})
			if err != nil {
				return nil, err
			}
			return reply(a, journal.Position{}, erasureOf(out.Value)), nil
		})
}
