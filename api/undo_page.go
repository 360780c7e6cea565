package api

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"errors"
	"html/template"
	"mime"
	"net/http"

	"github.com/labstack/echo/v4"

	"accountledger/commands"
	"accountledger/domain"
)

//go:embed undo.html
var undoHTML string

//go:embed undo.js
var undoJS string

// undoPage is what the page shows. It is not stored anywhere, and shows a link only to who sent it.
type undoPage struct {
	Style   template.CSS
	Script  template.JS
	Link    string
	Problem string
	Done    bool
}

// undoMost is how large the form can be, in bytes.
const undoMost = 8 << 10

// undoPages serves the form that the links of messages lead to. The token is in the fragment, which is sent to nobody; a script puts it into
// the form and out of the address, and without scripts people paste the link. Showing the form does nothing, however often it is asked for.
func (a *API) undoPages() {
	policy := "default-src 'none'; style-src " + hashOf(homeCSS) + "; script-src " + hashOf(undoJS) +
		"; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
	page := template.Must(template.New("undo").Parse(undoHTML))
	show := func(c echo.Context, status int, p undoPage) error {
		p.Style, p.Script = template.CSS(homeCSS), template.JS(undoJS) //nolint:gosec // our own files
		var html bytes.Buffer
		if err := page.Execute(&html, p); err != nil {
			return err
		}
		h := c.Response().Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("Cache-Control", "no-store")
		return c.Blob(status, "text/html; charset=utf-8", html.Bytes())
	}
	a.page("/undo", func(c echo.Context) error { return show(c, http.StatusOK, undoPage{}) })
	a.echo.POST("/undo", func(c echo.Context) error {
		c.Set(operationKey, "undo")
		link, code, err := undoForm(c)
		if err == nil {
			err = a.undoBy(c, commands.Undo{Link: commands.LinkToken(link), Code: code})
		}
		if err != nil {
			p := a.refusal(c.Request().Context(), "undo", err)
			for name, values := range p.headers {
				c.Response().Header()[name] = values
			}
			return show(c, p.Status, undoPage{Link: link, Problem: p.Detail})
		}
		return show(c, http.StatusOK, undoPage{Done: true})
	})
}

// undoForm reads the form.
func undoForm(c echo.Context) (link, code string, err error) {
	r := c.Request()
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/x-www-form-urlencoded" {
		return "", "", errPageForm
	}
	r.Body = http.MaxBytesReader(c.Response(), r.Body, undoMost)
	if err := r.ParseForm(); err != nil {
		if _, large := errors.AsType[*http.MaxBytesError](err); large {
			return "", "", errTooLarge
		}
		return "", "", errPageForm
	}
	return r.PostForm.Get("link"), r.PostForm.Get("code"), nil
}

func (a *API) undoBy(c echo.Context, in commands.Undo) error {
	ctx := c.Request().Context()
	_, err := a.Menu.Undo(commands.Once(ctx), commands.Request{Caller: domain.Guest(), Channel: domain.ChannelWeb, Operation: "undo",
		Client: domain.ClientInfo{Address: seenOf(ctx).address}}, in)
	return err
}

// hashOf allows one inline text by a content security policy (CSP 3, section 2.3.1).
func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
