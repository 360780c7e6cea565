package api

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"
	"github.com/labstack/echo/v4"

	"accountledger/api/security"
	"accountledger/commands"
	"accountledger/domain"
)

// bodyTime is how long a body may take to arrive.
const bodyTime = 10 * time.Second

// guard runs before a route. It authenticates the caller, checks that they may use the route, then checks the query string and
// the form of the body, in this order. It leaves huma nothing to reject, so huma's own messages are never sent.
func (a *API) guard(who audience) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		c, op := humaecho.Unwrap(ctx), ctx.Operation()
		c.Set(operationKey, op.OperationID)
		once := commands.Once(ctx.Context())
		c.SetRequest(c.Request().WithContext(once)) // for the language of a refusal
		may := func(caller domain.Caller) error { return who(caller, c.Param) }
		caller, err := a.enter(once, c, op, may)
		s := seenOf(once)
		s.caller, s.target = caller, security.PathID(c.Param("id"))
		if err != nil {
			a.fail(err, c)
			return
		}
		asked := &ask{may: may, Request: commands.Request{Caller: caller, Channel: domain.ChannelAPI, Operation: op.OperationID,
			Client: domain.ClientInfo{Address: s.address}}}
		next(huma.WithContext(ctx, context.WithValue(once, askKey{}, asked)))
	}
}

// enter gives the caller, or the refusal. No refusal rests on a caller who is only presumed.
func (a *API) enter(ctx context.Context, c echo.Context, op *huma.Operation, may func(domain.Caller) error) (domain.Caller, error) {
	r := c.Request()
	caller, err := a.caller(ctx, r, op, may)
	if errors.Is(err, domain.ErrSession) && errors.Is(may(domain.Guest()), domain.ErrServiceKey) { // the route is for services
		err = domain.ErrServiceKey
	}
	if err != nil {
		return caller, err
	}
	if err := may(caller); err != nil {
		if caller, err = certain(ctx, caller, may); err != nil {
			return caller, err
		}
	}
	err = checkParameters(r.URL.RawQuery, op)
	if err == nil {
		err = checkHeaders(r.Header, op)
	}
	if err == nil && op.RequestBody != nil {
		err = readBody(c.Response(), r)
	}
	if err == nil {
		return caller, nil
	}
	if now, refused := certain(ctx, caller, may); refused != nil {
		return now, refused
	}
	return caller, err
}

// certain waits until the caller is confirmed, and checks that they may use the route.
func certain(ctx context.Context, caller domain.Caller, may func(domain.Caller) error) (domain.Caller, error) {
	now, _, err := commands.Confirm(ctx, caller)
	if err == nil {
		err = may(now)
	}
	return now, err
}

// checkParameters refuses unknown and repeated query parameters.
func checkParameters(query string, op *huma.Operation) error {
	if query == "" {
		return nil
	}
	values, err := url.ParseQuery(query)
	if err != nil {
		return errQueryString
	}
	known := map[string]bool{}
	if op != nil {
		for _, p := range op.Parameters {
			known[p.Name] = p.In == "query" || known[p.Name]
		}
	}
	for name, given := range values {
		if !known[name] {
			return errParameter
		}
		if len(given) > 1 {
			return errParameterTwice
		}
		if given[0] == "" {
			return errParameterEmpty
		}
	}
	return nil
}

// checkHeaders refuses headers of the operation's own that are there without a value.
func checkHeaders(h http.Header, op *huma.Operation) error {
	for _, p := range op.Parameters {
		if p.In == "header" && p.Schema.MinLength != nil && len(h.Values(p.Name)) > 0 && h.Get(p.Name) == "" {
			return errParameterEmpty
		}
	}
	return nil
}

// readBody reads the body into memory if it is JSON and not too large.
func readBody(w http.ResponseWriter, r *http.Request) error {
	if r.ContentLength == 0 {
		return errNoBody
	}
	if !isJSON(r.Header) {
		return errMediaType
	}
	if r.ContentLength > bodyLimit {
		return errTooLarge
	}
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyTime)) // not every connection supports deadlines
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyLimit))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return errTooLarge
	case err != nil:
		return errBodyCut.Because(err)
	case len(body) == 0:
		return errNoBody
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return nil
}

func isJSON(h http.Header) bool {
	kind, parameters, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		return false
	}
	charset, ok := parameters["charset"]
	encoding := h.Get("Content-Encoding")
	return (!ok || strings.EqualFold(charset, "utf-8")) && (encoding == "" || strings.EqualFold(encoding, "identity"))
}
