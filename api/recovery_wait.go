package api

import (
	"context"
	"time"

	"accountledger/commands"
	"accountledger/domain"
)

type waitRecoveryIn struct {
	Keyed
	ID   string `path:"id" format:"uuid" doc:"The recovery's id, from the answer to the request."`
	Body body[waitRecoveryBody]
}

type waitRecoveryBody struct {
	Handle string `json:"handle" format:"handle" doc:"From the answer to the request."`
}

type waitRecoveryAnswer struct {
	Until     time.Time `json:"until" doc:"When the new password can be set, without a second factor."`
	ExpiresAt time.Time `json:"expires_at" doc:"When the recovery ends unless it is completed."`
}

// waitRecovery begins the waiting time of a recovery by somebody who has no second factor any more.
func (a *API) waitRecovery() {
	route(a, accepted(operation("waitRecovery", "POST", "/v1/recoveries/{id}/wait", "recovery", "Wait, without a second factor",
		"For who has lost every second factor. The owner is told at every address at once, and again each day. A sign-in with a second factor, or word that "+
			"it was not them, ends the recovery. Once the time is over, all second factors go with the old password.")),
		of(a.Menu.WaitRecovery.May),
		func(ctx context.Context, r *ask, in *waitRecoveryIn) (*answer[waitRecoveryAnswer], error) {
			id, err := recoveryID(in.ID)
			if err != nil {
				return nil, err
			}
			out, err := a.Menu.WaitRecovery(ctx, r.Request, commands.WaitRecovery{ID: id, Handle: in.Body.value.Handle})
			if err != nil {
				return nil, err
			}
			return reply(a, out.Position, waitRecoveryAnswer{out.Value.Until, out.Value.Expires}), nil
		}, domain.ErrRecovery, domain.ErrUnproved, domain.ErrRecovered, domain.ErrRecoveryEnded, domain.ErrNotAWay)
}
