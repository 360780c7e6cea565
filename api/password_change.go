package api

import (
	"context"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/passwords"
)

type changePasswordIn struct {
	Keyed
	Body body[changePasswordBody]
}

type changePasswordBody struct {
	Current   passwords.Password `json:"current" format:"password" doc:"The password that you have."`
	New       passwords.Password `json:"new" format:"new-password" example:"eleven-quiet-otters-59" doc:"The one you want: not common, and not similar to an address of yours."`
	EndOthers *bool              `json:"end_others,omitzero" default:"true" doc:"Whether to sign out everywhere else. True unless you say false."`
	Client    commands.Token     `json:"client,omitzero" format:"client" doc:"By which this client is known: then it stays known, although all others are not any more."`
}

// changePassword gives the caller's account another password, and their session another token.
func (a *API) changePassword() {
	route(a, operation("changePassword", "POST", "/v1/me/password", "me", "Change your password",
		"Takes the password that you have. Unless you say otherwise it signs you out everywhere else. This session goes on, and its token is another from now "+
			"on: the old one ends at once, even if the answer is lost; then sign in with the new password."),
		of(a.Menu.ChangePassword.May),
		func(ctx context.Context, r *ask, in *changePasswordIn) (*answer[signInAnswer], error) {
			b := in.Body.value
			out, err := a.Menu.ChangePassword(ctx, r.Request, commands.ChangePassword{Current: b.Current, New: b.New,
				EndOthers: b.EndOthers == nil || *b.EndOthers, Client: b.Client})
			if err != nil {
				return nil, err
			}
			return reply(a, out.Position, signedIn(out.Value)), nil
		}, append(commands.PasswordRefusals(a.Menu.Passwords, passwords.Alone, "/new"), domain.ErrPassword, domain.ErrSamePassword.At("/new"), domain.ErrRate, domain.ErrChanges)...)
}
