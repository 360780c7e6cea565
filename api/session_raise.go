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
	Password passwords.Password `json:"password" format:"password"`
}

// raiseSession gives the caller's session a fresh proof of who they are, and another token.
func (a *API) raiseSession() {
	route(a, operation("raiseSession", "POST", "/v1/me/session/raise", "sessions", "Prove again that it is you",
		"Some requests ask for a proof that is only minutes old; otherwise they answer 403 with the code step_up_required, max_age in seconds, and the ways to "+
			"prove it. The session stays, and its token is another from now on: the old one ends at once, even if the answer is lost; then sign in again."),
		of(a.Menu.Raise.May),
		func(ctx context.Context, r *ask, in *raiseSessionIn) (*answer[signInAnswer], error) {
			out, err := a.Menu.Raise(ctx, r.Request, commands.Raise{Password: in.Body.value.Password})
			if err != nil {
				return nil, err
			}
			return reply(a, out.Position, signedIn(out.Value)), nil
		}, domain.ErrPassword, domain.ErrRate, domain.ErrChanges)
}
