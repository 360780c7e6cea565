package api

import (
	"context"
	"time"

	"accountledger/commands"
	"accountledger/domain"
)

type recoverIn struct {
	Keyed
	Body body[recoverBody]
}

type recoverBody struct {
	Email    string         `json:"email" format:"email" doc:"An address of the account; a code is sent to it."`
	Language string         `json:"language,omitzero" format:"language" default:"en" doc:"The language of the message if no account has the address (BCP 47)."`
	Client   commands.Token `json:"client,omitzero" format:"client" doc:"What the answer to an earlier sign-in of the same person had as client. What strangers ask for then keeps no message from the owner."`
	Work     workBody       `json:"work,omitzero" required:"false" doc:"Only after work_required: its challenge, and a nonce that solves it."`
}

type recoverAnswer struct {
	Recovery    domain.RecoveryID `json:"recovery" format:"uuid" doc:"The id for check, complete and, as a verification's, for POST /v1/verifications/{id}/resend."`
	Handle      string            `json:"handle" doc:"Proves that the request is yours; all further steps need it. It is shown only once."`
	ExpiresAt   time.Time         `json:"expires_at" doc:"When the recovery ends unless it is completed."`
	CodeExpires time.Time         `json:"code_expires_at" doc:"When the first code expires."`
	Hint        string            `json:"hint" doc:"What to tell somebody who waits for the message, in English."`
}

// recover begins a recovery. The answer and its timing are the same whether or not anybody has the address.
func (a *API) recover() {
	route(a, accepted(operation("recover", "POST", "/v1/recoveries", "recovery", "Get back into an account",
		"For somebody who has lost the password: sends a code to the address. The answer is the same whether or not an account has the address.")),
		of(a.Menu.Recover.May),
		func(ctx context.Context, r *ask, in *recoverIn) (*answer[recoverAnswer], error) {
			b := in.Body.value
			out, err := a.Menu.Recover(ctx, r.Request, commands.Recover{Email: b.Email, Language: domain.Language(b.Language), Client: b.Client,
				Work: commands.Work(b.Work)})
			if err != nil {
				return nil, err
			}
			v := out.Value
			return reply(a, out.Position, recoverAnswer{v.ID, v.Handle, v.Expires, v.CodeExpires, waiting}), nil
		}, domain.ErrRate, domain.ErrWork, domain.ErrMessages)
}

func recoveryID(s string) (domain.RecoveryID, error) {
	id, ok := domain.ParseID(s)
	if !ok {
		return domain.RecoveryID{}, domain.ErrRecovery
	}
	return domain.RecoveryID{UUID: id}, nil
}
