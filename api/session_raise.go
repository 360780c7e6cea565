package api

import (
	"context"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/passwords"
)

type raiseSessionIn struct {
	Keyed
	Body body[raiseSessionBody]
}

type raiseSessionBody struct {
	Password     passwords.Password `json:"password,omitzero" format:"password" doc:"If you have no second factor."`
	TOTP         string             `json:"totp,omitzero" format:"totp" doc:"What an authenticator app shows now."`
	RecoveryCode string             `json:"recovery_code,omitzero" format:"recovery-code" doc:"One of the recovery codes. It is used up."`
	Passkey      passkeyAnswer      `json:"passkey,omitzero" doc:"The answer of one of your passkeys to POST /v1/me/session/raise/passkey."`
}

// raiseSession gives the caller's session a fresh proof of who they are, and another token.
func (a *API) raiseSession() {
	route(a, operation("raiseSession", "POST", "/v1/me/session/raise", "sessions", "Prove again that it is you",
		"Some requests ask for a proof that is only minutes old, and of a second factor if you have one; otherwise they answer 403 with the code "+
			"step_up_required, the level, max_age in seconds, and the ways to prove it, of which you give exactly one. "+
			"The session stays, and its token is another from now on: the old one ends at once, even if the answer is lost; then sign in again."),
		of(a.Menu.Raise.May),
		func(ctx context.Context, r *ask, in *raiseSessionIn) (*answer[signInAnswer], error) {
			b := in.Body.value
			out, err := a.Menu.Raise(ctx, r.Request, commands.Raise{Evidence: commands.Evidence{Password: b.Password, TOTP: b.TOTP, RecoveryCode: b.RecoveryCode,
				Passkey: commands.PasskeyAnswer(b.Passkey)}})
			if err != nil {
				return nil, err
			}
			return reply(a, out.Position, signedIn(out.Value)), nil
		}, domain.ErrPassword, domain.ErrTOTP, domain.ErrRecoveryCode, domain.ErrEvidence, domain.ErrNotAWay, domain.ErrRate, domain.ErrChanges,
		domain.ErrPasskey, domain.ErrPasskeyChallenge, domain.ErrPasskeyOrigin, domain.ErrPasskeyUser, domain.ErrNoPasskeys)
}
