package api

import (
	"context"
	"time"

	"accountledger/commands"
)

type resendIn struct {
	Keyed
	ID   string `path:"id" doc:"The verification, from the answer to the sign-up."`
	Body body[resendBody]
}

type resendBody struct {
	Handle string `json:"handle" doc:"From the answer to the sign-up."`
}

type resendAnswer struct {
	CodeExpires time.Time `json:"code_expires_at" doc:"When the code expires that was or will be sent."`
}

// resendCode asks for another code, which kills the one before. Within a minute it changes nothing.
func (a *API) resendCode() {
	route(a, accepted(operation("resendCode", "POST", "/v1/verifications/{id}/resend", "signing up", "Ask for the code again",
		"The new code takes the place of the old one. Within a minute of the last one, nothing new is sent. It gives no new tries.")), anyone,
		func(ctx context.Context, r *ask, in *resendIn) (*answer[resendAnswer], error) {
			id, err := verificationID(in.ID)
			if err != nil {
				return nil, err
			}
			if in.Body.value.Handle == "" {
				return nil, errRequired.At("/handle")
			}
			out, err := a.Menu.Resend(ctx, r.Request, commands.Resend{Verification: id, Handle: in.Body.value.Handle})
			if err != nil {
				return nil, err
			}
			return reply(a, out.Position, resendAnswer{out.Value.CodeExpires}), nil
		})
}
