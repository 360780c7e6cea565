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

	"accountledger/api/security"
	"accountledger/commands"
	"accountledger/domain"
)

// operationKey is where the echo context keeps the operation's id.
const operationKey = "operation"

func newDurations(r prometheus.Registerer) (*prometheus.HistogramVec, error) {
	h := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name:    "accountledger_http_request_duration_seconds",
		Help:    "Time from a request's arrival to the end of its answer, by route, method and status class.",
		Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
	}, []string{"route", "method", "status"})
	if r == nil {
		return h, nil
	}
	return h, r.Register(h)
}

type seenKey struct{}

// seen is what the logs need of a request in progress. Only the goroutine serving the request changes it.
type seen struct {
	id            string
	route, method string // from closed sets
	address       string // the client's
	accept        string // the Accept-Language header
	credential    bool   // an Authorization header was sent
	caller        domain.Caller
	target        security.Target
}

// seenOf gives the request that a context belongs to; an empty one outside requests.
func seenOf(ctx context.Context) *seen {
	if s, ok := ctx.Value(seenKey{}).(*seen); ok {
		return s
	}
	return &seen{caller: domain.Guest()}
}

// RequestID is the id of the request that a context belongs to, "" outside requests. It is in the request's log line and in the
// X-Request-Id header of its answer.
func RequestID(ctx context.Context) string { return seenOf(ctx).id }

// observe gives each request a new id, logs and measures it, and turns a panic into an answer. Of what the client sent, log line
// and metric hold only route and method, both from closed sets.
func (a *API) observe(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		began, r := time.Now(), c.Request()
		s := &seen{id: uuid.NewString(), route: a.templateOf(c), method: methodOf(r.Method), address: c.RealIP(), accept: r.Header.Get("Accept-Language"),
			credential: len(r.Header.Values("Authorization")) > 0, caller: domain.Guest()}
		c.SetRequest(r.WithContext(context.WithValue(r.Context(), seenKey{}, s)))
		c.Response().Header().Set("X-Request-Id", s.id)
		defer func() {
			status, took := c.Response().Status, time.Since(began)
			a.durations.WithLabelValues(s.route, s.method, fmt.Sprintf("%dxx", status/100)).Observe(took.Seconds())
			op, _ := c.Get(operationKey).(string)
			a.Log.Info("request", "operation", op, "route", s.route, "method", s.method, "status", status, "duration_ms",
				float64(took.Microseconds())/1000, "request", s.id)
		}()
		a.answered(c, next)
		return nil
	}
}

// answered calls the handler and answers its error or panic.
func (a *API) answered(c echo.Context, next echo.HandlerFunc) {
	defer func() {
		switch p := recover(); p {
		case nil:
		case http.ErrAbortHandler:
			panic(p)
		default:
			// The stack holds function names and addresses; the panic's text could hold anything.
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

// templateOf is a request's route as registered, never the path that was sent.
func (a *API) templateOf(c echo.Context) string {
	if t, ok := a.templates[c.Path()]; ok {
		return t
	}
	return "none"
}

// routeTemplate turns a path of the router into OpenAPI's form.
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
