package api

import (
	"context"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/journal"
)

type erasureIn struct {
	ID string `path:"id" format:"erasure" doc:"The id from the answer to the erasure request."`
}

// seeErasure shows the state of an erasure to anybody who has its id, since the person can no longer sign in.
func (a *API) seeErasure() {
	route(a, operation("seeErasure", "GET", "/v1/erasures/{id}", "erasure", "See the state of an erasure", "The id is enough; no sign-in is needed."),
		of(a.Menu.SeeErasure.May),
		func(ctx context.Context, r *ask, in *erasureIn) (*answer[erasureAnswer], error) {
			out, err := a.Menu.SeeErasure(ctx, r.Request, commands.Erasure{ID: in.ID})
			if err != nil {
				return nil, err
			}
			return reply(a, journal.Position{}, erasureOf(out.Value)), nil
		}, domain.ErrNotFound)
}
