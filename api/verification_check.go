package api

import (
	"context"

	"accountledger/commands"
	"accountledger/domain"
)

type checkIn struct {
	Keyed
	ID   string `path:"id" doc:"The verification's id from the answer to the sign-up."`
	Body body[checkBody]
}

type checkBody struct {
	Handle string `json:"handle" doc:"From the answer to the sign-up."`
	Code   string `json:"code" doc:"The code from the latest message. Spaces, dashes and case are ignored."`
}

type checkAnswer struct {
	Account domain.AccountID `json:"account" format:"uuid" doc:"The new account. Sign in to use it."`
}

// checkCode verifies the address of a sign-up. Five wrong codes end the verification; an empty code does not count as one.
func (a *API) checkCode() {
	route(a, operation("checkCode", "POST", "/v1/verifications/{id}/check", "signing up", "Verify an address",
		"The right code creates the account. Five wrong codes end the verification."), of(a.Menu.CheckCode.May),
		func(ctx context.Context, r *ask, in *checkIn) (*answer[checkAnswer], error) {
			id, err := verificationID(in.ID)
			switch {
			case err != nil:
				return nil, err
			case in.Body.value.Handle == "":
				return nil, errRequired.At("/handle")
			case in.Body.value.Code == "":
				return nil, errRequired.At("/code")
			}
			out, err := a.Menu.CheckCode(ctx, r.Request, commands.CheckCode{Verification: id, Handle: in.Body.value.Handle, Code: in.Body.value.Code})
			if err != nil {
				return nil, err
			}
			return reply(a, out.Position, checkAnswer{out.Value.Account}), nil
		})
}

func verificationID(s string) (domain.SignUpID, error) {
	id, ok := domain.ParseID(s)
	if !ok {
		return domain.SignUpID{}, domain.ErrVerification
	}
	return domain.SignUpID{UUID: id}, nil
}
