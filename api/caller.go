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

// ask is one request under way: who asks, and from where.
type ask struct {
	commands.Request
	// address is the client's, from the socket. Only sign-in passes it on, to be sealed.
	address string
	// may tells whether a caller may ask this.
	may func(domain.Caller) error
}

type askKey struct{}

// askOf gives what the guard found out. Routes are never reached without it.
func askOf(ctx context.Context) *ask {
	a, _ := ctx.Value(askKey{}).(*ask)
	return a
}

// caller tells who asks: a guest when no token was sent. A token that is not valid is refused on every route. Somebody whom
// this process has seen before may be presumed to be the caller still, until the streams are read that say so.
func (a *API) caller(ctx context.Context, r *http.Request, op *huma.Operation) (domain.Caller, error) {
	if len(r.Header.Values("Authorization")) == 0 {
		return domain.Guest(), nil
	}
	token, ok := bearerToken(r)
	if !ok {
		return domain.Guest(), domain.ErrSession
	}
	if op.OperationID != requestErasureID { // which takes tokens that others do not
		if caller, known := a.Menu.Presume(ctx, token); known {
			return caller, nil
		}
	}
	caller, err := a.Menu.Authenticate(ctx, token)
	if op.OperationID == requestErasureID && errors.Is(err, domain.ErrSession) {
		return a.repeatsErasure(ctx, r)
	}
	return caller, err
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
