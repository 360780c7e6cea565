package api

import (
	"net/http"

	"github.com/labstack/echo/v4"
)

// Readiness is the body of /readyz. Consumers that lag or stopped stand in it, and make no process unready.
type Readiness struct {
	// Ready: this process can append and read.
	Ready bool `json:"ready"`
	// Reason says why it is not, in the ledger's own words.
	Reason    string          `json:"reason,omitzero"`
	Consumers []ConsumerState `json:"consumers"`
}

// ConsumerState is how far one reader of the log is.
type ConsumerState struct {
	Name string `json:"name"`
	// State is running, waiting, stopped or rebuilding.
	State string `json:"state"`
	// Lag is how far it is from the end of the log, in Unit.
	Lag        int64   `json:"lag"`
	Unit       string  `json:"unit"`
	LagSeconds float64 `json:"lag_seconds"`
	// Reason says why it waits or stopped.
	Reason string `json:"reason,omitzero"`
}

// health serves what keeps the process under observation; none of it needs a sign-in, none of it is about a person.
func (a *API) health() {
	a.page("/healthz", func(c echo.Context) error {
		return writeJSON(c, http.StatusOK, struct {
			Status string `json:"status"`
		}{"ok"})
	})
	a.page("/readyz", func(c echo.Context) error {
		r := a.Ready(c.Request().Context())
		status := http.StatusOK
		if !r.Ready {
			status = http.StatusServiceUnavailable
			c.Response().Header().Set("Retry-After", "1")
		}
		return writeJSON(c, status, r)
	})
	if a.Metrics != nil {
		a.page("/metrics", echo.WrapHandler(a.Metrics))
	}
}

// page serves a route that is no endpoint of the API. It takes no query parameters either.
func (a *API) page(path string, handler echo.HandlerFunc) {
	a.echo.GET(path, func(c echo.Context) error {
		if err := checkParameters(c.Request().URL.RawQuery, nil); err != nil {
			return err
		}
		return handler(c)
	})
}

func writeJSON(c echo.Context, status int, v any) error {
	c.Response().Header().Set("Content-Type", "application/json")
	c.Response().Header().Set("Cache-Control", "no-store")
	c.Response().WriteHeader(status)
	return writeLine(c.Response(), v)
}
