package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"
	"github.com/google/uuid"
	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"

	"accountledger/commands"
	"accountledger/journal"
)

// Deps is what the API stands on.
type Deps struct {
	// Menu is all that can be asked. Needed.
	Menu *commands.Menu
	// Views answers queries of views. Needed.
	Views Views
	// Head is the end of the log now; a person's list of accesses waits for it. Needed.
	Head func(context.Context) (journal.Position, error)
	// Ready tells whether this process can append and read. Needed.
	Ready func(context.Context) bool
	// Log gets one line a request. Needed.
	Log *slog.Logger
	// Failed is told of every request that was answered with a status of 500 or above, with its context; it logs what is to be
	// logged of it. Without it only what nobody foresaw is logged, by its types.
	Failed func(context.Context, Failure)
	// LogID names the log that positions given to callers belong to; those of another one are refused.
	LogID uuid.UUID
	// Registry takes the API's own metrics; may be nil.
	Registry prometheus.Registerer
	// Now is the clock; time.Now without it.
	Now func() time.Time
	// Wait is how long a query waits for a view that is behind: 5 s without it.
	Wait time.Duration
	// Version is shown on the first page and in the description of the API.
	Version string
	// HealthOnly leaves out everything but health: for a process that answers nobody else.
	HealthOnly bool
	// Dev shows on the first page that this is a development server.
	Dev bool
}

// DefaultWait is how long a query waits for a view that is behind.
const DefaultWait = 5 * time.Second

// API is the ledger over HTTP.
type API struct {
	Deps
	echo      *echo.Echo
	huma      huma.API
	templates map[string]string // of routes, by the router's form of them
	durations *prometheus.HistogramVec
	positions commands.TokenCipher
	cursors   commands.TokenCipher
}

// New makes the API with all its routes. It starts nothing.
func New(d Deps) (*API, error) {
	if d.Menu == nil || d.Views == nil || d.Head == nil || d.Ready == nil || d.Log == nil {
		return nil, errors.New("api: Menu, Views, Head, Ready and Log are needed")
	}
	if d.Now == nil {
		d.Now = time.Now
	}
	if d.Wait == 0 {
		d.Wait = DefaultWait
	}
	a := &API{Deps: d, echo: echo.New(), templates: map[string]string{}}
	var err error
	if a.positions, err = d.Menu.Ciphers("position"); err != nil {
		return nil, err
	}
	if a.cursors, err = d.Menu.Ciphers("cursor"); err != nil {
		return nil, err
	}
	if a.durations, err = newDurations(d.Registry); err != nil {
		return nil, fmt.Errorf("api: registering metrics: %w", err)
	}
	a.echo.HTTPErrorHandler = a.fail
	a.echo.IPExtractor = echo.ExtractIPDirect()
	a.echo.Use(a.observe, secure)
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

// everything makes all routes and their description.
func (a *API) everything() error {
	a.huma = humaecho.New(a.echo, description(a.Version))
	a.routes()
	return a.finishDescription()
}

// Handler answers requests. HEAD is answered as GET without its body, which net/http leaves out.
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
