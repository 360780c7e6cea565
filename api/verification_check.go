package api

import (
	"context"

	"accountledger/commands"
	"accountledger/domain"
)

type checkIn struct {
	Keyed
	ID   string `path:"id" format:"uuid" doc:"The verification's id, from the answer to the request."`
	Body body[checkBody]
}

type checkBody struct {
	Handle string `json:"handle" format:"handle" doc:"From the answer to the request."`
	Code   string `json:"code" format:"code" doc:"The code from the latest message. Spaces, dashes and case are ignored."`
}

type checkAnswer struct {
	Purpose domain.VerificationPurpose `json:"purpose" enum:"sign_up,add_contact" doc:"What the verification was for."`
	Account domain.AccountID           `json:"account" format:"uuid" doc:"The new account, which you sign in to, or the one that has the address now."`
}

// checkCode verifies an address. Five wrong codes end the verification; an empty code does not count as one.
func (a *API) checkCode() {
	route(a, operation("checkCode", "POST", "/v1/verifications/{id}/check", "signing up", "Verify an address",
		"The right code completes what the verification is for: it creates the account, or adds the address to it. "+
			"Five wrong codes end the verification."), of(a.Menu.CheckCode.May),
		func(ctx context.Context, r *ask, in *checkIn) (*answer[checkAnswer], error) {
			id, err := verificationID(in.ID)
			if err != nil {
				return nil, err
			}
			out, err := a.Menu.CheckCode(ctx, r.Request, commands.CheckCode{Verification: id, Handle: in.Body.value.Handle, Code: in.Body.value.Code})
			if err != nil {
				return nil, err
			}
			return reply(a, out.Position, checkAnswer{out.Value.Purpose, out.Value.Account}), nil
		}, domain.ErrVerification, domain.ErrCode, domain.ErrCodeExpired, domain.ErrEnded, domain.ErrVerified, domain.ErrTaken,
		domain.ErrContacts, domain.ErrHeld, domain.ErrClosing, domain.ErrNotFound, domain.ErrRate)
}

func verificationID(s string) (domain.VerificationID, error) {
	id, ok := domain.ParseID(s)
	if !ok {
		return domain.VerificationID{}, domain.ErrVerification
	}
	return domain.VerificationID{UUID: id}, nil
}
