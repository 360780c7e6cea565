package api

import (
	"context"

	"accountledger/commands"
	"accountledger/passwords"
)

type changePasswordIn struct {
	Keyed
	Body body[changePasswordBody]
}

type changePasswordBody struct {
	Current   passwords.Password `json:"current" format:"password" doc:"The password that you have."`
	New       passwords.Password `json:"new" format:"password" doc:"The one you want. Any characters; see the setting passwords.min_alone for how many at least."`
	EndOthers *bool              `json:"end_others,omitzero" default:"true" doc:"Whether to sign out everywhere else. True unless you say false."`
}

// changePassword gives the caller's account another password, and their session another token.
func (a *API) changePassword() {
	route(a, operation("changePassword", "POST", "/v1/me/password", "me", "Change your password",
		"Takes the password that you have. Unless you say otherwise it signs you out everywhere else. This session goes on, and its token is another from now "+
			"on: the old one ends at once, even if the answer is lost; then sign in with the new password."),
		of(a.Menu.ChangePassword.May),
		func(ctx context.Context, r *ask, in *changePasswordIn) (*answer[signInAnswer], error) {
			b := in.Body.value
			switch none := (passwords.Password{}); {
			case b.Current == none:
				return nil, errRequired.At("/current")
			case b.New == none:
				return nil, errRequired.At("/new")
			}
			out, err := a.Menu.ChangePassword(ctx, r.Request, commands.ChangePassword{Current: b.Current, New: b.New,
				EndOthers: b.EndOthers == nil || *b.EndOthers})
			if err != nil {
				return nil, err
			}
			return reply(a, out.Position, signedIn(out.Value)), nil
		})
}
