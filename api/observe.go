package api

import (
	"context"
	"fmt"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"

	"accountledger/commands"
	"accountledger/domain"
)

// operationKey is where a request keeps its operation's id.
const operationKey = "operation"

func newDurations(r prometheus.Registerer) (*prometheus.HistogramVec, error) {
	h := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name:    "accountledger_http_request_duration_seconds",
		Help:    "Time from a request's arrival to the end of its answer, by route, method and class of status.",
		Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
	}, []string{"route", "method", "status"})
	if r == nil {
		return h, nil
	}
	return h, r.Register(h)
}

type requestKey struct{}

// RequestID is the id that observe gave the request whose context it is, "" outside of requests. It is in the request's line in the
// log and in the header X-Request-Id of its answer.
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestKey{}).(string)
	return id
}

// observe gives each request an id of our own, logs and measures it, and turns a panic into an answer. Neither log nor metric
// has anything of the request but route and method, both from closed sets.
func (a *API) observe(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		began := time.Now()
		id := uuid.NewString()
		c.SetRequest(c.Request().WithContext(context.WithValue(c.Request().Context(), requestKey{}, id)))
		c.Response().Header().Set("X-Request-Id", id)
		defer func() {
			route, method := a.templateOf(c), methodOf(c.Request().Method)
			status, took := c.Response().Status, time.Since(began)
			a.durations.WithLabelValues(route, method, fmt.Sprintf("%dxx", status/100)).Observe(took.Seconds())
			op, _ := c.Get(operationKey).(string)
			a.Log.Info("request", "operation", op, "route", route, "method", method, "status", status, "duration_ms", float64(took.Microseconds())/1000, "request", id)
		}()
		a.answered(c, next)
		return nil
	}
}

// answered calls the handler and answers what it fails with.
func (a *API) answered(c echo.Context, next echo.HandlerFunc) {
	defer func() {
		switch p := recover(); p {
		case nil:
		case http.ErrAbortHandler:
			panic(p)
		default:
			// The stack holds names of functions and addresses; the panic's own text could hold anything.
			class, stack := p, debug.Stack()
			if read, ok := p.(*commands.Panic); ok {
				class, stack = read.Value, read.Stack
			}
			a.Log.Error("panic", "class", fmt.Sprintf("%T", class), "request", RequestID(c.Request().Context()), "stack", string(stack))
			a.fail(domain.ErrInternal, c)
		}
	}()
	if err := next(c); err != nil {
		a.fail(err, c)
	}
}

// templateOf is a request's route as it was registered, never the path that was sent.
func (a *API) templateOf(c echo.Context) string {
	if t, ok := a.templates[c.Path()]; ok {
		return t
	}
	return "none"
}

// routeTemplate writes a route of the router as the description of the API does.
func routeTemplate(path string) string {
	parts := strings.Split(path, "/")
	for i, p := range parts {
		if name, ok := strings.CutPrefix(p, ":"); ok {
			parts[i] = "{" + name + "}"
		}
	}
	return strings.Join(parts, "/")
}

func methodOf(m string) string {
	switch m {
	case http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete:
		return m
	default:
		return "other"
	}
}
