package api

import (
	"context"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-json-experiment/json/jsontext"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/passkeys"
)

// passkeyAnswer is what an authenticator answered, as the browser writes it: of its members we know some, and browsers have more.
type passkeyAnswer jsontext.Value

// UnmarshalJSONFrom keeps it as it is.
func (p *passkeyAnswer) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	v, err := d.ReadValue()
	*p = passkeyAnswer(v.Clone())
	return err
}

// Schema says that it is an object.
func (passkeyAnswer) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}
}

type askSignInIn struct{}

// askSignIn gives anybody what a browser asks for a passkey with. Nothing is kept.
func (a *API) askSignIn() {
	route(a, operation("askSignIn", "POST", "/v1/passkeys/challenge", "sessions", "Begin to sign in by a passkey",
		"Give the answer to PublicKeyCredential.parseRequestOptionsFromJSON, and its result to navigator.credentials.get, with mediation conditional for a "+
			"form that offers passkeys by itself. The credential's toJSON() is the passkey of POST /v1/passkeys/sessions. It is the same for everybody: nobody learns "+
			"who has passkeys."),
		of(a.Menu.AskSignIn.May),
		func(ctx context.Context, r *ask, _ *askSignInIn) (*answer[passkeys.AssertionOptions], error) {
			out, err := a.Menu.AskSignIn(ctx, r.Request, struct{}{})
			if err != nil {
				return nil, err
			}
			return reply(a, out.Position, out.Value), nil
		}, domain.ErrNoPasskeys)
}

type signInByPasskeyIn struct {
	Keyed
	UserAgent string `header:"User-Agent" hidden:"true"`
	Body      body[signInByPasskeyBody]
}

type signInByPasskeyBody struct {
	Passkey passkeyAnswer  `json:"passkey" example:"{\"id\": \"AAAA\", \"rawId\": \"AAAA\", \"type\": \"public-key\", \"response\": {\"clientDataJSON\": \"e30\"}}" doc:"The answer of a passkey to POST /v1/passkeys/challenge: the credential's toJSON()."`
	Client  commands.Token `json:"client,omitzero" format:"client" doc:"As for POST /v1/sessions."`
}

// signInByPasskey starts a session for the owner of the passkey that answered.
func (a *API) signInByPasskey() {
	route(a, created(operation("signInByPasskey", "POST", "/v1/passkeys/sessions", "sessions", "Sign in by a passkey",
		"Starts a session for the person whose passkey answered. Nothing else is needed, and an answer is taken once.")),
		of(a.Menu.SignInByPasskey.May),
		func(ctx context.Context, r *ask, in *signInByPasskeyIn) (*answer[signInAnswer], error) {
			b := in.Body.value
			r.Client.UserAgent = printable(in.UserAgent)
			out, err := a.Menu.SignInByPasskey(ctx, r.Request, commands.SignInByPasskey{Passkey: commands.PasskeyAnswer(b.Passkey), Client: b.Client})
			if err != nil {
				return nil, err
			}
			return reply(a, out.Position, signedIn(out.Value)), nil
		}, domain.ErrNoPasskeys, domain.ErrPasskey, domain.ErrPasskeyChallenge, domain.ErrPasskeyOrigin, domain.ErrPasskeyUser, domain.ErrDisowned,
		domain.ErrRate)
}

// askRaise gives a person what a browser asks for one of their passkeys with, for a fresh proof.
func (a *API) askRaise() {
	route(a, operation("askRaise", "POST", "/v1/me/session/raise/passkey", "sessions", "Begin to prove again by a passkey that it is you",
		"As for POST /v1/passkeys/challenge, for one of your passkeys; the credential's toJSON() is the passkey of POST /v1/me/session/raise."),
		of(a.Menu.AskRaise.May),
		func(ctx context.Context, r *ask, _ *askSignInIn) (*answer[passkeys.AssertionOptions], error) {
			out, err := a.Menu.AskRaise(ctx, r.Request, struct{}{})
			if err != nil {
				return nil, err
			}
			return reply(a, out.Position, out.Value), nil
		}, domain.ErrNoPasskeys, domain.ErrNotAWay)
}

// offerPasskey gives a person what a browser makes a passkey with. Nothing is kept.
func (a *API) offerPasskey() {
	route(a, operation("offerPasskey", "POST", "/v1/me/factors/passkeys", "factors", "Set up a passkey",
		"Give the answer to PublicKeyCredential.parseCreationOptionsFromJSON, and its result to navigator.credentials.create. Nothing is kept, and nothing "+
			"changes, until you confirm with the credential, in this session and within 5 minutes."),
		of(a.Menu.OfferPasskey.May),
		func(ctx context.Context, r *ask, _ *askSignInIn) (*answer[passkeys.RegistrationOptions], error) {
			out, err := a.Menu.OfferPasskey(ctx, r.Request, struct{}{})
			if err != nil {
				return nil, err
			}
			return reply(a, out.Position, out.Value), nil
		}, domain.ErrNoPasskeys)
}

type confirmPasskeyIn struct {
	Keyed
	Body body[confirmPasskeyBody]
}

type confirmPasskeyBody struct {
	Passkey passkeyAnswer `json:"passkey" example:"{\"id\": \"AAAA\", \"rawId\": \"AAAA\", \"type\": \"public-key\", \"response\": {\"clientDataJSON\": \"e30\"}}" doc:"The credential's toJSON()."`
	Name    string        `json:"name" format:"factor-name" doc:"Your name for it: 1 to 100 characters. Stored encrypted."`
}

// confirmPasskey enrols a passkey.
func (a *API) confirmPasskey() {
	route(a, created(operation("confirmPasskey", "POST", "/v1/me/factors/passkeys/confirm", "factors", "Confirm a passkey",
		"From now on it signs you in, alone or beside your password, and a sign-in with your password needs a second factor, too. An account has at most ten; the "+
			"first factor comes with recovery codes. "+
			"Every address of the account is told.")),
		of(a.Menu.ConfirmPasskey.May),
		func(ctx context.Context, r *ask, in *confirmPasskeyIn) (*answer[factorAnswer], error) {
			b := in.Body.value
			out, err := a.Menu.ConfirmPasskey(ctx, r.Request, commands.ConfirmPasskey{Passkey: commands.PasskeyAnswer(b.Passkey), Name: b.Name})
			if err != nil {
				return nil, err
			}
			return reply(a, out.Position, factorAdded(out.Value)), nil
		}, domain.ErrNoPasskeys, domain.ErrPasskey, domain.ErrPasskeyChallenge, domain.ErrPasskeyOrigin, domain.ErrPasskeyUser, domain.ErrPasskeyKnown,
		domain.ErrFactors, domain.ErrOtherParty, domain.ErrChanges)
}
