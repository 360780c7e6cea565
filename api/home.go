package api

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"
)

//go:embed home.html
var homeHTML string

//go:embed home.css
var homeCSS string

type homeAnswer struct {
	Name    string            `json:"name"`
	Version string            `json:"version"`
	Links   map[string]string `json:"links"`
}

// home tells a browser, and JSON to everybody else, what runs here and where to go. The page has no script, and its one style is
// allowed by its hash.
func (a *API) home() {
	sum := sha256.Sum256([]byte(homeCSS))
	policy := "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	var html bytes.Buffer
	err := template.Must(template.New("home").Parse(homeHTML)).Execute(&html, struct {
		Style   template.CSS
		Version string
		Dev     bool
	}{template.CSS(homeCSS), a.Version, a.Dev}) //nolint:gosec // our own file
	links := map[string]string{"docs": "/docs", "openapi": "/openapi.json", "health": "/healthz", "ready": "/readyz"}
	a.page("/", func(c echo.Context) error {
		h := c.Response().Header()
		h.Set("Vary", "Accept")
		if err != nil || !strings.Contains(c.Request().Header.Get("Accept"), "text/html") {
			return writeJSON(c, http.StatusOK, homeAnswer{"accountledger", a.Version, links})
		}
		h.Set("Content-Security-Policy", policy)
		return c.Blob(http.StatusOK, "text/html; charset=utf-8", html.Bytes())
	})
}
