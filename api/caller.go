package api

import (
	"context"
	"net/http"
	"strings"

	"accountledger/commands"
	"accountledger/domain"
)

// ask is one request under way: who asks, and from where.
type ask struct {
	commands.Request
	// address is the client's, from the socket. Only sign-in passes it on, to be sealed.
	address string
}

type askKey struct{}

// askOf gives what the guard found out. Routes are never reached without it.
func askOf(ctx context.Context) *ask {
	a, _ := ctx.Value(askKey{}).(*ask)
	return a
}

// caller tells who asks: a guest when no token was sent. A token that is not valid is refused on every route.
func (a *API) caller(r *http.Request) (domain.Caller, error) {
	if len(r.Header.Values("Authorization")) == 0 {
		return domain.Guest(), nil
	}
	token, ok := bearerToken(r)
	if !ok {
		return domain.Guest(), domain.ErrSession
	}
	return a.Menu.Authenticate(r.Context(), token)
}

// bearerToken is the one token that was sent; false when there is none, or something else.
func bearerToken(r *http.Request) (commands.Token, bool) {
	sent := r.Header.Values("Authorization")
	if len(sent) != 1 {
		return "", false
	}
	scheme, token, ok := strings.Cut(sent[0], " ")
	return commands.Token(strings.TrimLeft(token, " ")), ok && strings.EqualFold(scheme, "Bearer")
}
