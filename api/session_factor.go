package api

import (
	"context"

	"accountledger/commands"
	"accountledger/domain"
)

type continueSignInIn struct {
	Keyed
	UserAgent string `header:"User-Agent" hidden:"true"`
	ID        string `path:"id" format:"uuid" doc:"The sign-in's id, from the answer to POST /v1/sessions."`
	Body      body[continueSignInBody]
}

type continueSignInBody struct {
	Handle       string        `json:"handle" format:"handle" doc:"From the answer to POST /v1/sessions."`
	Code         string        `json:"code,omitzero" format:"code" doc:"The code from the message. Spaces, dashes and case are ignored."`
	TOTP         string        `json:"totp,omitzero" format:"totp" doc:"What an authenticator app shows now."`
	RecoveryCode string        `json:"recovery_code,omitzero" format:"recovery-code" doc:"One of the recovery codes. It is used up."`
	Passkey      passkeyAnswer `json:"passkey,omitzero" doc:"The answer of one of your passkeys to what the answer to POST /v1/sessions had as passkey."`
	Remember     bool          `json:"remember,omitzero" doc:"True to let your password be enough for this client for 30 days, if you prove a second factor now. Whatever asks for one later still does. Changing the password or a factor ends it."`
}

// continueSignIn starts the session of a sign-in that needs more than the password.
func (a *API) continueSignIn() {
	route(a, created(operation("continueSignIn", "POST", "/v1/sign-ins/{id}/factor", "sessions", "Continue a sign-in",
		"For a sign-in that was answered 202, within 10 minutes: give exactly one of what it needs. Five wrong ones end it; then sign in again.")),
		of(a.Menu.ContinueSignIn.May),
		func(ctx context.Context, r *ask, in *continueSignInIn) (*answer[signInAnswer], error) {
			id, ok := domain.ParseID(in.ID)
			if !ok {
				return nil, domain.ErrSignIn
			}
			b := in.Body.value
			r.Client.UserAgent = printable(in.UserAgent)
			out, err := a.Menu.ContinueSignIn(ctx, r.Request, commands.ContinueSignIn{ID: domain.SignInID{UUID: id}, Handle: b.Handle,
				Evidence: commands.Evidence{Code: b.Code, TOTP: b.TOTP, RecoveryCode: b.RecoveryCode,
					Passkey: commands.PasskeyAnswer(b.Passkey)}, Remember: b.Remember})
			if err != nil {
				return nil, err
			}
			return reply(a, out.Position, signedIn(out.Value)), nil
		}, domain.ErrSignIn, domain.ErrSignInEnded, domain.ErrCode, domain.ErrCodeExpired, domain.ErrTOTP,
		domain.ErrRecoveryCode, domain.ErrEvidence, domain.ErrNotAWay, domain.ErrRate,
		domain.ErrPasskey, domain.ErrPasskeyChallenge, domain.ErrPasskeyOrigin, domain.ErrPasskeyUser, domain.ErrNoPasskeys)
}
