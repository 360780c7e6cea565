package api

import (
	"bytes"
	"compress/gzip"
	"embed"
	"io"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"
)

//go:embed docs/index.html docs/init.js docs/page.css docs/swagger-ui-bundle.js.gz docs/swagger-ui.css.gz
var docsFiles embed.FS

// docsPolicy lets the page load its own files and call its own server, nothing else. Swagger UI's icons are data URLs.
const docsPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// docs serves a page to read and try the API, from embedded files.
func (a *API) docs() {
	for path, asset := range map[string][2]string{
		"/docs":                      {"docs/index.html", "text/html; charset=utf-8"},
		"/docs/init.js":              {"docs/init.js", "text/javascript; charset=utf-8"},
		"/docs/page.css":             {"docs/page.css", "text/css; charset=utf-8"},
		"/docs/swagger-ui-bundle.js": {"docs/swagger-ui-bundle.js.gz", "text/javascript; charset=utf-8"},
		"/docs/swagger-ui.css":       {"docs/swagger-ui.css.gz", "text/css; charset=utf-8"},
	} {
		a.page(path, func(c echo.Context) error { return serveFile(c, asset[0], asset[1]) })
	}
}

func serveFile(c echo.Context, name, kind string) error {
	data, err := docsFiles.ReadFile(name)
	if err != nil {
		return err
	}
	h := c.Response().Header()
	h.Set("Content-Security-Policy", docsPolicy)
	h.Set("Cache-Control", "no-cache")
	if !strings.HasSuffix(name, ".gz") {
		return c.Blob(http.StatusOK, kind, data)
	}
	h.Set("Vary", "Accept-Encoding")
	if strings.Contains(c.Request().Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		return c.Blob(http.StatusOK, kind, data)
	}
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return err
	}
	defer func() { _ = z.Close() }()
	plain, err := io.ReadAll(z)
	if err != nil {
		return err
	}
	return c.Blob(http.StatusOK, kind, plain)
}
