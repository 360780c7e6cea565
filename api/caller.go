package api

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"accountledger/commands"
	"accountledger/domain"
)

// ask is a request in progress: who sent it, and from where.
type ask struct {
	commands.Request
	// may checks whether a caller may use the route.
	may func(domain.Caller) error
}

type askKey struct{}

// askOf gives what the guard put into the context. No route is reached without it.
func askOf(ctx context.Context) *ask {
	a, _ := ctx.Value(askKey{}).(*ask)
	return a
}

// caller authenticates the request: a guest if no token was sent, or one that is no longer valid to a route for guests, where clients
// send what they still have. Elsewhere an invalid token is refused. A caller this process has seen before may be presumed still valid
// until the streams that say so have been read.
func (a *API) caller(ctx context.Context, r *http.Request, op *huma.Operation, may func(domain.Caller) error) (domain.Caller, error) {
	if len(r.Header.Values("Authorization")) == 0 {
		return domain.Guest(), nil
	}
	forGuests := may(domain.Guest()) == nil
	token, ok := bearerToken(r)
	if !ok {
		if forGuests {
			return domain.Guest(), nil
		}
		return domain.Guest(), domain.ErrSession
	}
	if op.OperationID != requestErasureID && !forGuests { // it takes tokens that others refuse
		if caller, known := a.Menu.Presume(ctx, token); known {
			return caller, nil
		}
	}
	caller, err := a.Menu.Authenticate(ctx, token)
	if op.OperationID == requestErasureID && errors.Is(err, domain.ErrSession) {
		return a.repeatsErasure(ctx, r)
	}
	if forGuests && (errors.Is(err, domain.ErrSession) || errors.Is(err, domain.ErrServiceKey)) {
		return domain.Guest(), nil
	}
	return caller, err
}

// bearerToken is the token that was sent; false if there is not exactly one bearer token.
func bearerToken(r *http.Request) (commands.Token, bool) {
	sent := r.Header.Values("Authorization")
	if len(sent) != 1 {
		return "", false
	}
	scheme, token, ok := strings.Cut(sent[0], " ")
	return commands.Token(strings.TrimLeft(token, " ")), ok && strings.EqualFold(scheme, "Bearer")
}
