package api

import (
	"context"
	"strings"
	"time"
	"unicode"

	"accountledger/commands"
	"accountledger/domain"
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
	Staff    bool               `json:"staff,omitzero" doc:"True for an officer's account, which is another one than a personal one."`
}

type signInAnswer struct {
	Token     commands.Token    `json:"token" doc:"Send it as Authorization: Bearer. It is shown here alone."`
	Session   domain.SessionID  `json:"session" format:"uuid"`
	ExpiresAt time.Time         `json:"expires_at"`
	Account   *domain.AccountID `json:"account,omitzero" format:"uuid" doc:"Of a person."`
	Roles     []domain.Role     `json:"roles,omitzero" doc:"Of an officer."`
	Closing   bool              `json:"closing" doc:"The account is being erased: only the erasure can be seen, and cancelled while it has not begun."`
}

// signIn begins a session. A wrong password and an address that nobody has get the same answer in the same time.
func (a *API) signIn() {
	route(a, created(operation("signIn", "POST", "/v1/sessions", "sessions", "Sign in", "Begins a session of a person, or of an officer.")), anyone,
		func(ctx context.Context, r *ask, in *signInIn) (*answer[signInAnswer], error) {
			b := in.Body.value
			if b.Password == (passwords.Password{}) {
				return nil, errRequired.At("/password")
			}
			r.Client = domain.ClientInfo{Address: r.address, UserAgent: printable(in.UserAgent)}
			out, err := a.Menu.SignIn(ctx, r.Request, commands.SignIn{Email: b.Email, Password: b.Password, Staff: b.Staff})
			if err != nil {
				return nil, err
			}
			v := out.Value
			ans := signInAnswer{Token: v.Token, Session: v.Session, ExpiresAt: v.Expires, Roles: v.Roles, Closing: v.Closing}
			if !v.Account.IsZero() {
				ans.Account = &v.Account
			}
			return reply(a, out.Position, ans), nil
		})
}

// maxUserAgent bounds what is kept of a User-Agent, in bytes.
const maxUserAgent = 256

// printable is a header's text as it can be kept: valid UTF-8 without control characters, not too long.
func printable(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	return strings.ToValidUTF8(s[:min(len(s), maxUserAgent)], "")
}
