package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"
	"github.com/google/uuid"
	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"

	"accountledger/api/security"
	"accountledger/commands"
	"accountledger/domain"
	"accountledger/journal"
)

// Deps is what the API depends on.
type Deps struct {
	// Menu holds the commands. Required.
	Menu *commands.Menu
	// Views answers queries on views. Required.
	Views Views
	// Head is the current end of the log; a person's list of accesses waits for it. Required.
	Head func(context.Context) (journal.Position, error)
	// Ready reports whether this process can append and read. Required.
	Ready func(context.Context) bool
	// Log gets one line per request, and the security log. Required.
	Log *slog.Logger
	// Failed is called for every request answered with a status of 500 or above, with the request's context, and does the
	// logging. Without it only internal errors and unknown outcomes are logged, by type.
	Failed func(context.Context, Failure)
	// LogID identifies the log that positions belong to; positions of another log are refused.
	LogID uuid.UUID
	// Registry takes the API's metrics; may be nil.
	Registry prometheus.Registerer
	// Now is the clock; time.Now if nil.
	Now func() time.Time
	// Wait is how long a query waits for a view that lags; DefaultWait if zero.
	Wait time.Duration
	// HSTS has browsers come back by TLS only (RFC 6797): this process encrypts.
	HSTS bool
	// Proxies are in front of the API; the zero value: none.
	Proxies Proxies
	// Origin is where the API is reached, such as https://accounts.example.com, for the OpenAPI description; empty: it is where the
	// description is.
	Origin string
	// Version is shown on the home page and in the OpenAPI description.
	Version string
	// HealthOnly serves only the health routes: for a process without an API.
	HealthOnly bool
	// Dev makes the home page say that this is a development server.
	Dev bool
}

// DefaultWait is how long a query waits for a view that lags.
const DefaultWait = 5 * time.Second

// API is the ledger over HTTP.
type API struct {
	Deps
	echo      *echo.Echo
	huma      huma.API
	forms     map[reflect.Type]*form // of bodies
	settled   *settled
	texts     texts
	linkTexts map[domain.Language]linkTexts
	refusals  map[string][]*domain.Error // by operation
	codes     map[string]string          // of refusals, with what they say
	templates map[string]string          // of routes, by the router's path
	durations *prometheus.HistogramVec
	security  *security.Log
	positions commands.TokenCipher
	cursors   commands.TokenCipher
}

// New makes the API with all its routes. It starts nothing.
func New(d Deps) (*API, error) {
	if d.Menu == nil || d.Views == nil || d.Head == nil || d.Ready == nil || d.Log == nil {
		return nil, errors.New("api: Menu, Views, Head, Ready and Log are required")
	}
	if d.Now == nil {
		d.Now = time.Now
	}
	if d.Wait == 0 {
		d.Wait = DefaultWait
	}
	a := &API{Deps: d, echo: echo.New(), templates: map[string]string{}, forms: map[reflect.Type]*form{}, codes: map[string]string{},
		refusals: map[string][]*domain.Error{}}
	var err error
	if a.texts, err = readTexts(); err != nil {
		return nil, err
	}
	if a.linkTexts, err = readLinkTexts(); err != nil {
		return nil, err
	}
	if a.positions, err = d.Menu.Ciphers("position"); err != nil {
		return nil, err
	}
	if a.cursors, err = d.Menu.Ciphers("cursor"); err != nil {
		return nil, err
	}
	if a.durations, err = newDurations(d.Registry); err != nil {
		return nil, fmt.Errorf("api: registering metrics: %w", err)
	}
	if a.security, err = security.New(security.Options{Log: d.Log, PseudonymsOf: d.Menu.PseudonymsOf, Now: d.Now, Registry: d.Registry}); err != nil {
		return nil, err
	}
	a.echo.HTTPErrorHandler = a.fail
	a.echo.IPExtractor = d.Proxies.address
	a.echo.Use(a.observe, secure(d.HSTS))
	if d.HealthOnly {
		a.health()
	} else if err := a.everything(); err != nil {
		return nil, err
	}
	for _, r := range a.echo.Routes() {
		a.templates[r.Path] = routeTemplate(r.Path)
	}
	return a, nil
}

// everything registers all routes and their description.
func (a *API) everything() error {
	a.huma = humaecho.New(a.echo, a.description(a.Version, a.Origin))
	a.settled = newSettled(a.huma.OpenAPI().Components.Schemas, values(a.Menu))
	a.routes()
	return a.finishDescription()
}

// Handler answers requests. HEAD is handled as GET; net/http drops the body.
func (a *API) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead {
			get := *r
			get.Method = http.MethodGet
			r = &get
		}
		a.echo.ServeHTTP(w, r)
	})
}
