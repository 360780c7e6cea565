package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"

	"accountledger/domain"
)

// refusal makes an error the Problem that is answered. What the caller is not to blame for is told to whoever keeps account of
// faults. Without such a one, what nobody foresaw is logged: the operation, the code, and of the cause only its types, since a
// text could repeat what a caller sent.
func (a *API) refusal(ctx context.Context, operation string, err error) *Problem {
	p := problemOf(err)
	switch {
	case p.Status < http.StatusInternalServerError:
	case a.Failed != nil:
		a.Failed(ctx, Failure{Operation: operation, Status: p.Status, Err: err})
	case p.Status == http.StatusInternalServerError || p.Code == domain.ErrUnsure.Code:
		a.Log.Error("request failed", "operation", operation, "code", p.Code, "request", RequestID(ctx), "cause", causes(err))
	}
	return p
}

// Failure is a request that was answered with a status of 500 or above.
type Failure struct {
	Operation string
	Status    int
	Err       error
}

// causes names the types of an error and of what it wraps.
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

// fail answers an error outside of huma: of the router, of the guard, of the few routes of our own.
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
	_ = writeLine(c.Response(), p) // the caller has gone
}
