package api

import (
	"context"
	"time"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/passkeys"
)

type checkRecoveryIn struct {
	Keyed
	ID   string `path:"id" format:"uuid" doc:"The recovery's id, from the answer to the request."`
	Body body[checkBody]
}

type checkRecoveryAnswer struct {
	Needs     []domain.RecoveryWay       `json:"needs" nullable:"false" doc:"What has to be shown besides, in alternatives. Empty: nothing; the new password can be set."`
	Passkey   *passkeys.AssertionOptions `json:"passkey,omitzero" doc:"What the browser asks for a passkey with, if that is one of what is needed. Here it can be answered for 10 minutes."`
	ExpiresAt time.Time                  `json:"expires_at" doc:"When the recovery ends unless it is completed."`
}

// checkRecovery proves that who asks reads what is sent to the address. Five wrong codes end the recovery.
func (a *API) checkRecovery() {
	route(a, operation("checkRecovery", "POST", "/v1/recoveries/{id}/check", "recovery", "Prove that the address is yours",
		"The right code says that there is an account, and what is needed besides to set a new password: for an account with a second factor one of its factors, or "+
			"wait, for POST /v1/recoveries/{id}/wait. Five wrong codes end the recovery."),
		of(a.Menu.CheckRecovery.May),
		func(ctx context.Context, r *ask, in *checkRecoveryIn) (*answer[checkRecoveryAnswer], error) {
			id, err := recoveryID(in.ID)
			if err != nil {
				return nil, err
			}
			out, err := a.Menu.CheckRecovery(ctx, r.Request, commands.CheckRecovery{ID: id, Handle: in.Body.value.Handle, Code: in.Body.value.Code})
			if err != nil {
				return nil, err
			}
			needs := out.Value.Needs
			if needs == nil {
				needs = []domain.RecoveryWay{}
			}
			return reply(a, out.Position, checkRecoveryAnswer{needs, out.Value.Passkey, out.Value.Expires}), nil
		}, domain.ErrRecovery, domain.ErrCode, domain.ErrCodeExpired, domain.ErrProved, domain.ErrRecovered, domain.ErrRecoveryEnded)
}
