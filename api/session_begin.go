package api

import (
	"context"
	"net/http"
	"strings"
	"time"
	"unicode"

	"github.com/danielgtaylor/huma/v2"

	"accountledger/api/security"
	"accountledger/commands"
	"accountledger/domain"
	"accountledger/passkeys"
	"accountledger/passwords"
)

type signInIn struct {
	Keyed
	UserAgent string `header:"User-Agent" hidden:"true"`
	Body      body[signInBody]
}

type signInBody struct {
	Email    string             `json:"email" format:"email"`
	Password passwords.Password `json:"password" format:"password"`
	Staff    bool               `json:"staff,omitzero" doc:"True to sign in as an officer; officers' accounts are separate from people's."`
	Client   commands.Token     `json:"client,omitzero" format:"client" doc:"What the answer to an earlier sign-in of the same person had as client. Leave it out if there is none."`
}

type signInAnswer struct {
	Token     commands.Token    `json:"token" doc:"Send it as Authorization: Bearer. It is shown only once."`
	Session   domain.SessionID  `json:"session" format:"uuid"`
	ExpiresAt time.Time         `json:"expires_at"`
	Account   *domain.AccountID `json:"account,omitzero" format:"uuid" doc:"Present for a person."`
	Roles     []domain.Role     `json:"roles,omitzero" doc:"Present for an officer."`
	Closing   bool              `json:"closing" doc:"The account is being erased: all you can do is see the erasure and, until it begins, cancel it."`
	Client    commands.Token    `json:"client,omitzero" doc:"By which this client is known: keep it, and send it with the person's next sign-in. It gives no access."`
}

// signInOut is a session, or what it takes to get one.
type signInOut struct {
	Positioned
	Status int
	Body   any
}

type pendingAnswer struct {
	SignIn    domain.SignInID            `json:"sign_in" format:"uuid"`
	Handle    string                     `json:"handle" doc:"Required to continue. It is shown only once."`
	Needs     []domain.AuthMethod        `json:"needs" doc:"What is needed beside the password; one of them is enough. code was sent to the first of the account's addresses."`
	ExpiresAt time.Time                  `json:"expires_at"`
	Passkey   *passkeys.AssertionOptions `json:"passkey,omitzero" doc:"What the browser asks for a passkey with, if that is one of what is needed. Here it can be answered for 10 minutes."`
}

// signIn starts a session. A wrong password and an unknown address get the same answer in the same time.
func (a *API) signIn() {
	op := created(operation("signIn", "POST", "/v1/sessions", "sessions", "Sign in",
		"Starts a session for a person or an officer. The history says whether the client was known from an earlier sign-in. A person who has a second "+
			"factor is answered 202, unless the client is remembered: POST /v1/sign-ins/{id}/factor with one of what is needed. If the operator has asked "+
			"for it, so is "+
			"a person's unusual sign-in from a client that is not known, which needs a code that is sent."))
	op.Responses = map[string]*huma.Response{"201": answers[signInAnswer](a, "A session."),
		"202": answers[pendingAnswer](a, "The password is right; something more is needed.")}
	route(a, op, of(a.Menu.SignIn.May),
		func(ctx context.Context, r *ask, in *signInIn) (*signInOut, error) {
			b := in.Body.value
			r.Client.UserAgent = printable(in.UserAgent)
			out, err := a.Menu.SignIn(ctx, r.Request, commands.SignIn{Email: b.Email, Password: b.Password, Staff: b.Staff, Client: b.Client})
			if err != nil {
				aimedAt(ctx, b.Email, b.Staff)
				return nil, err
			}
			at := Positioned{a.sealPosition(out.Position)}
			if p := out.Value.Pending; p != nil {
				return &signInOut{at, http.StatusAccepted, pendingAnswer{p.ID, p.Handle, p.Needs, p.Expires, p.Passkey}}, nil
			}
			return &signInOut{at, http.StatusCreated, signedIn(out.Value)}, nil
		}, domain.ErrCredentials, domain.ErrDisowned, domain.ErrSignInEnded, domain.ErrRate, domain.ErrMessages)
}

func signedIn(v commands.SignedIn) signInAnswer {
	ans := signInAnswer{Token: v.Token, Session: v.Session, ExpiresAt: v.Expires, Roles: v.Roles, Closing: v.Closing, Client: v.Client}
	if !v.Account.IsZero() {
		ans.Account = &v.Account
	}
	return ans
}

// aimedAt notes the identifier of a refused sign-in for the security log, whether or not anybody has it.
func aimedAt(ctx context.Context, email string, staff bool) {
	if contact, err := domain.ParseEmail(email); err == nil {
		seenOf(ctx).target = security.Identifier(contact, staff)
	}
}

// maxUserAgent is how much of a User-Agent is kept, in bytes.
const maxUserAgent = 256

// printable cleans a header for storage: valid UTF-8 without control characters, at most maxUserAgent bytes.
func printable(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	return strings.ToValidUTF8(s[:min(len(s), maxUserAgent)], "")
}
