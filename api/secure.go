package api

import (
	"maps"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"
)

// onEveryAnswer are the headers of every answer; the values are shared and replaced, never changed.
var onEveryAnswer = http.Header{
	"Content-Security-Policy":      {"default-src 'none'; frame-ancestors 'none'"},
	"X-Content-Type-Options":       {"nosniff"},
	"X-Frame-Options":              {"DENY"},
	"Referrer-Policy":              {"no-referrer"},
	"Cross-Origin-Resource-Policy": {"same-origin"},
}

// overTLSOnly is for a year (RFC 6797), with which a browser does not ask over clear text.
const overTLSOnly = "max-age=31536000"

// secure sets the headers of every answer; pages relax the content policy where they need to.
func secure(hsts bool) echo.MiddlewareFunc {
	always := onEveryAnswer.Clone()
	if hsts {
		always.Set("Strict-Transport-Security", overTLSOnly)
	}
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			h := c.Response().Header()
			maps.Copy(h, always)
			if strings.HasPrefix(c.Request().URL.Path, "/v1/") {
				h.Set("Cache-Control", "no-store")
			}
			return next(c)
		}
	}
}
