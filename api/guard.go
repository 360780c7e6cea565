package api

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"

	"accountledger/commands"
	"accountledger/domain"
)

// bodyTime bounds how long a body may take to arrive.
const bodyTime = 10 * time.Second

// guard stands before a route: who asks, whether they may, whether the query string and the form of the body are right, in
// this order. After it huma finds nothing to complain about, so none of its own messages is ever sent.
func (a *API) guard(who audience) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		c, op := humaecho.Unwrap(ctx), ctx.Operation()
		r := c.Request()
		c.Set(operationKey, op.OperationID)
		caller, err := a.caller(r)
		if op.OperationID == requestErasureID && errors.Is(err, domain.ErrSession) {
			caller, err = a.repeatsErasure(r)
		}
		if err == nil {
			err = who(caller, c.Param)
		}
		if err == nil {
			err = checkParameters(r.URL.RawQuery, op)
		}
		if err == nil && op.RequestBody != nil {
			err = readBody(c.Response(), r)
		}
		if err != nil {
			a.fail(err, c)
			return
		}
		next(huma.WithValue(ctx, askKey{}, &ask{address: c.RealIP(),
			Request: commands.Request{Caller: caller, Channel: domain.ChannelAPI, Operation: op.OperationID}}))
	}
}

// checkParameters refuses what a route does not know in the query string, and what is given twice.
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
	}
	return nil
}

// readBody reads the body into memory, if it is JSON and not too large.
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
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyTime)) // not every connection knows deadlines
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
