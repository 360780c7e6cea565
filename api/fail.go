package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"

	"accountledger/api/security"
	"accountledger/domain"
)

// refusal turns an error into the Problem that is answered. A refusal because of who asks goes to the security log. Statuses of
// 500 and above go to Failed; without it, internal errors and unknown outcomes are logged with operation, code and the types of
// the cause, never its text, which could repeat what a caller sent.
func (a *API) refusal(ctx context.Context, operation string, err error) *Problem {
	p := problemOf(err)
	a.refused(ctx, operation, p)
	a.translate(ctx, p)
	switch {
	case p.Status < http.StatusInternalServerError:
	case a.Failed != nil:
		a.Failed(ctx, Failure{Operation: operation, Status: p.Status, Err: err})
	case p.Status == http.StatusInternalServerError || p.Code == domain.ErrUnsure.Code:
		a.Log.Error("request failed", "operation", operation, "code", p.Code, "request", RequestID(ctx), "cause", causes(err))
	}
	return p
}

// refused writes a line of the security log if the refusal belongs there.
func (a *API) refused(ctx context.Context, operation string, p *Problem) {
	s := seenOf(ctx)
	event, ok := security.EventOf(p.Code, s.caller, s.credential)
	if !ok {
		return
	}
	a.security.Refused(ctx, security.Refusal{Event: event, Reason: p.Code, Operation: operation, Route: s.route, Method: s.method,
		Status: p.Status, Request: s.id, Caller: s.caller, Address: s.address, Target: s.target})
}

// Failure is a request answered with a status of 500 or above.
type Failure struct {
	Operation string
	Status    int
	Err       error
}

// causes lists the types of an error and of everything it wraps.
func causes(err error) []string {
	var out []string
	for depth := 0; err != nil && depth < 8; depth++ {
		out = append(out, fmt.Sprintf("%T", err))
		if many, ok := err.(interface{ Unwrap() []error }); ok {
			for _, one := range many.Unwrap() {
				out = append(out, causes(one)...)
			}
			return out
		}
		err = errors.Unwrap(err)
	}
	return out
}

// fail answers errors from outside huma: from the router, the guard and the pages.
func (a *API) fail(err error, c echo.Context) {
	if c.Response().Committed {
		return
	}
	var routed *echo.HTTPError
	if errors.As(err, &routed) {
		switch routed.Code {
		case http.StatusMethodNotAllowed:
			err = errMethod
		case http.StatusNotFound:
			err = errRoute
		}
	}
	op, _ := c.Get(operationKey).(string)
	p := a.refusal(c.Request().Context(), op, err)
	h := c.Response().Header()
	for name, values := range p.headers {
		h[name] = values
	}
	h.Set("Content-Type", p.ContentType(""))
	c.Response().WriteHeader(p.Status)
	_ = writeLine(c.Response(), p) // fails only if the client has gone
}
