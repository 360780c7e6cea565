package api

import (
	"context"
	"time"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/totp"
)

type offerTOTPIn struct{ Keyed }

type totpOfferAnswer struct {
	Seed         string    `json:"seed" doc:"What to type into the authenticator app: base 32. The codes have six digits and change every 30 seconds."`
	URL          string    `json:"url" doc:"The same as an otpauth: link, which sets the app up."`
	QR           string    `json:"qr" doc:"The link as a QR code, in SVG."`
	Continuation string    `json:"continuation" doc:"Required to confirm. It is yours, and of this session alone."`
	ExpiresAt    time.Time `json:"expires_at"`
}

// offerTOTP gives the seed for an authenticator app. Nothing is kept of it.
func (a *API) offerTOTP() {
	route(a, operation("offerTOTP", "POST", "/v1/me/factors/totp", "factors", "Set up an authenticator app",
		"Gives a new seed. Nothing is kept, and nothing changes, until you confirm with a code that the app shows, within 10 minutes."),
		of(a.Menu.OfferTOTP.May),
		func(ctx context.Context, r *ask, _ *offerTOTPIn) (*answer[totpOfferAnswer], error) {
			out, err := a.Menu.OfferTOTP(ctx, r.Request, struct{}{})
			if err != nil {
				return nil, err
			}
			v := out.Value
			svg, err := totp.QR(v.URL)
			if err != nil {
				return nil, err
			}
			return reply(a, out.Position, totpOfferAnswer{v.Seed, v.URL, svg, v.Continuation, v.Expires}), nil
		})
}

type confirmTOTPIn struct {
	Keyed
	Body body[confirmTOTPBody]
}

type confirmTOTPBody struct {
	Continuation string `json:"continuation" format:"continuation" doc:"From the answer to POST /v1/me/factors/totp."`
	Code         string `json:"code" format:"totp" example:"123456" doc:"What the app shows now."`
	Name         string `json:"name" format:"factor-name" doc:"Your name for it: 1 to 100 characters. Stored encrypted."`
}

// confirmTOTP enrols an authenticator app.
func (a *API) confirmTOTP() {
	route(a, created(operation("confirmTOTP", "POST", "/v1/me/factors/totp/confirm", "factors", "Confirm an authenticator app",
		"From now on a sign-in with your password needs a second factor, too. The code that you give here cannot be used again. An account has at most two apps; "+
			"the first one comes with recovery codes. "+
			"Every address of the account is told.")),
		of(a.Menu.ConfirmTOTP.May),
		func(ctx context.Context, r *ask, in *confirmTOTPIn) (*answer[factorAnswer], error) {
			b := in.Body.value
			out, err := a.Menu.ConfirmTOTP(ctx, r.Request, commands.ConfirmTOTP{Continuation: b.Continuation, Code: b.Code, Name: b.Name})
			if err != nil {
				return nil, err
			}
			return reply(a, out.Position, factorAdded(out.Value)), nil
		}, domain.ErrEnrolTOTP, domain.ErrTOTP, domain.ErrFactors, domain.ErrChanges)
}
