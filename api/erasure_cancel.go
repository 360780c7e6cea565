package api

import (
	"context"

	"accountledger/commands"
	"accountledger/domain"
)

type cancelErasureIn struct {
	Keyed
	ID string `path:"id" format:"erasure" doc:"The id from the answer to the erasure request."`
}

// cancelErasure keeps a person's account while its erasure is pending. Repeated, it gives the same answer.
func (a *API) cancelErasure() {
	route(a, operation("cancelErasure", "DELETE", "/v1/erasures/{id}", "erasure", "Cancel an erasure",
		"Keeps your account. Possible until the erasure begins; repeating it changes nothing."), of(a.Menu.CancelErasure.May),
		func(ctx context.Context, r *ask, in *cancelErasureIn) (*answer[erasureAnswer], error) {
			out, err := a.Menu.CancelErasure(ctx, r.Request, commands.Erasure{ID: in.ID})
			if err != nil {
				return nil, err
			}
			return reply(a, out.Position, erasureOf(out.Value)), nil
		}, domain.ErrNotFound, domain.ErrErasureDone)
}
