package api

import (
	"context"
	"time"

	"accountledger/commands"
	"accountledger/domain"
)

type resendIn struct {
	Keyed
	ID   string `path:"id" format:"uuid" doc:"The verification's id from the answer to the sign-up."`
	Body body[resendBody]
}

type resendBody struct {
	Handle string   `json:"handle" format:"handle" doc:"From the answer to the sign-up."`
	Work   workBody `json:"work,omitzero" required:"false" doc:"Only after work_required: its challenge, and a nonce that solves it."`
}

type resendAnswer struct {
	CodeExpires time.Time `json:"code_expires_at" doc:"When the latest code expires."`
}

// resendCode requests a new code, which replaces the old one. Within a minute of the last code it does nothing.
func (a *API) resendCode() {
	route(a, accepted(operation("resendCode", "POST", "/v1/verifications/{id}/resend", "signing up", "Request a new code",
		"The new code replaces the old one. Within a minute of the last code, nothing is sent. It does not reset the number of wrong codes.")), of(a.Menu.Resend.May),
		func(ctx context.Context, r *ask, in *resendIn) (*answer[resendAnswer], error) {
			id, err := verificationID(in.ID)
			if err != nil {
				return nil, err
			}
			out, err := a.Menu.Resend(ctx, r.Request, commands.Resend{Verification: id, Handle: in.Body.value.Handle, Work: commands.Work(in.Body.value.Work)})
			if err != nil {
				return nil, err
			}
			return reply(a, out.Position, resendAnswer{out.Value.CodeExpires}), nil
		}, domain.ErrVerification, domain.ErrEnded, domain.ErrVerified, domain.ErrTaken, domain.ErrMessages, domain.ErrWork, domain.ErrRate)
}
