package api

import (
	"context"

	"accountledger/domain"
)

type removePasswordIn struct{ Keyed }

// removePassword leaves the caller's account without a password.
func (a *API) removePassword() {
	route(a, operation("removePassword", "DELETE", "/v1/me/password", "me", "Do without a password",
		"From now on you sign in by your passkeys, of which you need at least one. POST /v1/me/password sets a password again, and so does a recovery. "+
			"Every address of the account is told."),
		of(a.Menu.RemovePassword.May),
		func(ctx context.Context, r *ask, _ *removePasswordIn) (*done, error) {
			out, err := a.Menu.RemovePassword(ctx, r.Request, struct{}{})
			if err != nil {
				return nil, err
			}
			return &done{Positioned{a.sealPosition(out.Position)}}, nil
		}, domain.ErrNoPassword, domain.ErrNeedsPasskey, domain.ErrGuarded, domain.ErrChanges)
}
