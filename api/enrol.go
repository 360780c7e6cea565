package api

import (
	"context"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/passwords"
)

type enrolIn struct {
	Keyed
	Body body[enrolBody]
}

type enrolBody struct {
	Code     commands.Token     `json:"code" format:"code" doc:"The one-time code printed by 'accountledger staff add', valid for 24 hours."`
	Password passwords.Password `json:"password" format:"new-password"`
}

type enrolAnswer struct {
	Roles []domain.Role `json:"roles"`
}

// enrol lets a new officer set their password, once.
func (a *API) enrol() {
	route(a, operation("enrol", "POST", "/v1/enrolments", "sessions", "Set an officer's password", "With the one-time code from 'accountledger staff add'."),
		of(a.Menu.Enrol.May),
		func(ctx context.Context, r *ask, in *enrolIn) (*answer[enrolAnswer], error) {
			out, err := a.Menu.Enrol(ctx, r.Request, commands.Enrol{Code: in.Body.value.Code, Password: in.Body.value.Password})
			if err != nil {
				return nil, err
			}
			return reply(a, out.Position, enrolAnswer{out.Value.Roles}), nil
		}, append(commands.PasswordRefusals(a.Menu.Passwords, passwords.Alone, "/password"), domain.ErrEnrolment, domain.ErrRate)...)
}
