package api

import (
	"context"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/passwords"
)

type raiseSessionIn struct {
	Keyed
	Body body[raiseSessionBody]
}

type raiseSessionBody struct {
	Password passwords.Password `json:"password,omitzero" format:"password" doc:"If you have no second factor."`
	evidenceBody
}

// raiseSession gives the caller's session a fresh proof of who they are, and another token.
func (a *API) raiseSession() {
	route(a, operation("raiseSession", "POST", "/v1/me/session/raise", "sessions", "Prove again that it is you",
		"Some requests ask for a proof that is only minutes old, and of a second factor if you have one; otherwise they answer 403 with the code "+
			"step_up_required, the level, max_age in seconds, and the ways to prove it, of which you give exactly one. The session stays, and its token is another from now on: the old one ends at once, even if the answer is lost; then sign in again."),
		of(a.Menu.Raise.May),
		func(ctx context.Context, r *ask, in *raiseSessionIn) (*answer[signInAnswer], error) {
			out, err := a.Menu.Raise(ctx, r.Request, commands.Raise{Evidence: in.Body.value.evidence(in.Body.value.Password, "")})
			if err != nil {
				return nil, err
			}
			return reply(a, out.Position, signedIn(out.Value)), nil
		}, domain.ErrPassword, domain.ErrTOTP, domain.ErrRecoveryCode, domain.ErrEvidence, domain.ErrNotAWay, domain.ErrRate, domain.ErrChanges)
}
