package api

import (
	"context"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/passwords"
)

type signUpIn struct {
	Keyed
	Body body[signUpBody]
}

type signUpBody struct {
	Email      string             `json:"email" format:"email" doc:"Your e-mail address; a code is sent to it."`
	Password   passwords.Password `json:"password" format:"new-password" doc:"Not common and not similar to the e-mail address."`
	Region     domain.Region      `json:"region" doc:"The country whose rules apply: two capital letters (ISO 3166-1)." example:"DE"`
	Language   string             `json:"language" format:"language" doc:"The language of messages to you (BCP 47)." example:"en"`
	BirthMonth string             `json:"birth_month" format:"birth-month" doc:"Year and month of birth. Stored encrypted." example:"1990-05"`
	Work       workBody           `json:"work,omitzero" required:"false" doc:"Only after work_required: its challenge, and a nonce that solves it."`
}

// workBody is a solved challenge.
type workBody struct {
	Challenge string `json:"challenge" format:"handle" doc:"From the problem work_required."`
	Nonce     string `json:"nonce" format:"solution" doc:"With it the SHA-256 of challenge, a colon and the nonce begins with enough zero bits."`
}

// signUp requests an account. The answer and its timing are the same whether or not the address has one.
func (a *API) signUp() {
	route(a, accepted(operation("signUp", "POST", "/v1/sign-ups", "signing up", "Sign up",
		"Sends a code to the address. The answer is the same whether or not the address already has an account.")), of(a.Menu.SignUp.May),
		func(ctx context.Context, r *ask, in *signUpIn) (*answer[verificationAnswer], error) {
			b := in.Body.value
			out, err := a.Menu.SignUp(ctx, r.Request, commands.SignUp{Email: b.Email, Password: b.Password, Region: b.Region,
				Language: domain.Language(b.Language), BirthMonth: b.BirthMonth, Work: commands.Work(b.Work)})
			if err != nil {
				return nil, err
			}
			return reply(a, out.Position, sent(out.Value)), nil
		}, append(commands.PasswordRefusals(a.Menu.Passwords, passwords.Alone, "/password"), domain.ErrCapacity,
			domain.ErrRate, domain.ErrWork, domain.ErrMessages)...)
}
