package api

import (
	"net/http"

	"github.com/labstack/echo/v4"
)

// health tells whether the process runs and can be sent requests, and nothing more: anybody may ask. Details and metrics are
// served elsewhere, since how many bytes and events there are says something about what others did.
func (a *API) health() {
	a.page("/healthz", func(c echo.Context) error {
		return writeJSON(c, http.StatusOK, struct {
			Status string `json:"status"`
		}{"ok"})
	})
	a.page("/readyz", func(c echo.Context) error {
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
