package api

import (
	"context"
	"time"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/passwords"
)

type completeRecoveryIn struct {
	Keyed
	ID   string `path:"id" format:"uuid" doc:"The recovery's id, from the answer to the request."`
	Body body[completeRecoveryBody]
}

type completeRecoveryBody struct {
	Handle   string             `json:"handle" format:"handle" doc:"From the answer to the request."`
	Password passwords.Password `json:"password" format:"new-password" doc:"The new one: not common, and not similar to an address of yours."`
	// One of these, if needed.
	TOTP         string `json:"totp,omitzero" format:"totp" doc:"What an authenticator app shows now, if the answer to the check asks for one of these."`
	RecoveryCode string `json:"recovery_code,omitzero" format:"recovery-code" doc:"Or one of the recovery codes. It is used up."`
}

type completeRecoveryAnswer struct {
	Account domain.AccountID `json:"account" format:"uuid"`
	Guarded time.Time        `json:"guarded_until" doc:"Until then nothing can be done to the account that could not be undone."`
	Codes   []string         `json:"recovery_codes,omitzero" doc:"If a recovery code was shown: others, which replace all before. They are shown only once: write them down."`
	Closing bool             `json:"closing" doc:"The account is being erased. The recovery does not cancel that: sign in to do so."`
}

// completeRecovery sets the new password. It starts no session.
func (a *API) completeRecovery() {
	route(a, operation("completeRecovery", "POST", "/v1/recoveries/{id}/complete", "recovery", "Set a new password",
		"Once the code was right. It ends all sessions, and all clients are unknown from then on. It does not sign you in: sign in with the new password. "+
			"Second factors from the last week go with the old password; after waiting, all do."),
		of(a.Menu.CompleteRecovery.May),
		func(ctx context.Context, r *ask, in *completeRecoveryIn) (*answer[completeRecoveryAnswer], error) {
			id, err := recoveryID(in.ID)
			if err != nil {
				return nil, err
			}
			b := in.Body.value
			out, err := a.Menu.CompleteRecovery(ctx, r.Request, commands.CompleteRecovery{ID: id, Handle: b.Handle, Password: b.Password,
				Evidence: commands.Evidence{TOTP: b.TOTP, RecoveryCode: b.RecoveryCode}})
			if err != nil {
				return nil, err
			}
			v := out.Value
			return reply(a, out.Position, completeRecoveryAnswer{v.Account, v.Guarded, v.Codes, v.Closing}), nil
		}, append(commands.PasswordRefusals(a.Menu.Passwords, passwords.Alone, "/password"), domain.ErrRecovery, domain.ErrUnproved, domain.ErrRecovered,
			domain.ErrRecoveryEnded, domain.ErrSamePassword, domain.ErrRecoveryWaits, domain.ErrTOTP, domain.ErrRecoveryCode, domain.ErrEvidence,
			domain.ErrNotAWay, domain.ErrRate)...)
}
