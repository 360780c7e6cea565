package api

import (
	"net/http"

	"github.com/labstack/echo/v4"
)

// health says whether the process is up and ready for requests, and nothing more, since anybody may ask. Details and metrics are
// served on the internal listener: numbers of bytes and events would reveal what others do. Parameters are ignored: load balancers add
// some.
func (a *API) health() {
	a.echo.GET("/healthz", func(c echo.Context) error {
		return writeJSON(c, http.StatusOK, struct {
			Status string `json:"status"`
		}{"ok"})
	})
	a.echo.GET("/readyz", func(c echo.Context) error {
		ready := a.Ready(c.Request().Context())
		status := http.StatusOK
		if !ready {
			status = http.StatusServiceUnavailable
			c.Response().Header().Set("Retry-After", "1")
		}
		return writeJSON(c, status, struct {
			Ready bool `json:"ready"`
		}{ready})
	})
}

// page serves a page for people. It refuses query parameters too.
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
