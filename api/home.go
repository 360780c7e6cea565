package api

import (
	"bytes"
	_ "embed"
	"html/template"
	"net/http"
	"regexp"
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

type homePage struct {
	Style           template.CSS
	Version, Origin string
	Dev             bool
}

// hostName is a Host header that is safe to paste into a shell.
var hostName = regexp.MustCompile(`^[A-Za-z0-9.-]+(:[0-9]+)?$|^\[[0-9A-Fa-f:.]+\](:[0-9]+)?$`)

// origin is the address under which the client reached the server, for the example on the home page.
func (p Proxies) origin(r *http.Request) string {
	scheme, host := "http", r.Host
	if p.overTLS(r) {
		scheme = "https"
	}
	if !hostName.MatchString(host) {
		host = "localhost"
	}
	return scheme + "://" + host
}

// home describes the server and links to the rest: as a page for browsers, otherwise as JSON. The page has no script, and its
// one style sheet is allowed by hash.
func (a *API) home() {
	policy := "default-src 'none'; style-src " + hashOf(homeCSS) + "; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	home := template.Must(template.New("home").Parse(homeHTML))
	links := map[string]string{"docs": "/docs", "openapi": "/openapi.json", "health": "/healthz", "ready": "/readyz"}
	a.page("/", func(c echo.Context) error {
		h := c.Response().Header()
		h.Set("Vary", "Accept")
		if !strings.Contains(c.Request().Header.Get("Accept"), "text/html") {
			return writeJSON(c, http.StatusOK, homeAnswer{"accountledger", a.Version, links})
		}
		var html bytes.Buffer
		if err := home.Execute(&html, homePage{template.CSS(homeCSS), a.Version, a.Proxies.origin(c.Request()), a.Dev}); err != nil { //nolint:gosec // our own file
			return err
		}
		h.Set("Content-Security-Policy", policy)
		h.Set("Cache-Control", "no-store") // it names the Host that was asked for
		return c.Blob(http.StatusOK, "text/html; charset=utf-8", html.Bytes())
	})
}
