package api

import "context"

type endSessionsIn struct{ Keyed }

// signOutEverywhere ends all the caller's sessions, including this one.
func (a *API) signOutEverywhere() {
	route(a, operation("signOutEverywhere", "DELETE", "/v1/sessions", "sessions", "Sign out everywhere", "Ends all your sessions, including this one."),
		of(a.Menu.SignOutEverywhere.May),
		func(ctx context.Context, r *ask, _ *endSessionsIn) (*done, error) {
			out, err := a.Menu.SignOutEverywhere(ctx, r.Request, struct{}{})
			if err != nil {
				return nil, err
			}
			return &done{Positioned{a.sealPosition(out.Position)}}, nil
		})
}
