package api

import (
	"bytes"
	"context"
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

//go:embed link.html
var linkHTML string

//go:embed link.js
var linkJS string

// linkPage is a page that the links of messages lead to.
type linkPage struct {
	kind                      domain.LinkKind
	operation                 string
	Title, Lead, Button, Done string
	do                        func(context.Context, commands.Request, commands.LinkToken, string) error
}

// linkShown is what it shows. It is not stored anywhere, and shows a link only to who sent it.
type linkShown struct {
	linkPage
	Path, Link, Problem string
	Style               template.CSS
	Script              template.JS
	Over                bool
}

// linkMost is how large the form can be, in bytes.
const linkMost = 8 << 10

// linkPages serves the forms. The token is in the fragment of a link, which is sent to nobody; a script puts it into the form and out of the
// address, and without scripts people paste the link. Showing the form does nothing, however often it is asked for.
func (a *API) linkPages() {
	for _, p := range []linkPage{{
		kind: domain.LinkUndo, operation: "undo", Title: "Put an address back", Button: "Put the address back",
		Lead: "Was your address removed from your account, and it was not you? Type the code from the message that told you so.",
		Done: "The address is back in your account. All sessions were ended, and for seven days no address can be removed. Sign in with this address now, " +
			"and change your password.",
		do: func(ctx context.Context, r commands.Request, link commands.LinkToken, code string) error {
			_, err := a.Menu.Undo(ctx, r, commands.Undo{Link: link, Code: code})
			return err
		},
	}, {
		kind: domain.LinkNotMe, operation: "notMe", Title: "It was not me", Button: "It was not me: protect the account",
		Lead: "Did a message tell you of something that was not you? Type the code from that message. Everybody is signed out, the account is protected for " +
			"seven days, and your password lets nobody in until you have recovered the account.",
		Done: "The account is protected, and everybody is signed out. Now recover it with an address that it has had for more than a week, and set another password.",
		do: func(ctx context.Context, r commands.Request, link commands.LinkToken, code string) error {
			_, err := a.Menu.NotMe(ctx, r, commands.NotMe{Link: link, Code: code})
			return err
		},
	}} {
		a.linkPage(p)
	}
}

func (a *API) linkPage(p linkPage) {
	policy := "default-src 'none'; style-src " + hashOf(homeCSS) + "; script-src " + hashOf(linkJS) +
		"; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
	page := template.Must(template.New("link").Parse(linkHTML))
	show := func(c echo.Context, status int, shown linkShown) error {
		shown.linkPage, shown.Path = p, p.kind.Path()
		shown.Style, shown.Script = template.CSS(homeCSS), template.JS(linkJS) //nolint:gosec // our own files
		var html bytes.Buffer
		if err := page.Execute(&html, shown); err != nil {
			return err
		}
		h := c.Response().Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("Cache-Control", "no-store")
		return c.Blob(status, "text/html; charset=utf-8", html.Bytes())
	}
	a.page(p.kind.Path(), func(c echo.Context) error { return show(c, http.StatusOK, linkShown{}) })
	a.echo.POST(p.kind.Path(), func(c echo.Context) error {
		c.Set(operationKey, p.operation)
		ctx := c.Request().Context()
		link, code, err := linkForm(c)
		if err == nil {
			err = p.do(commands.Once(ctx), commands.Request{Caller: domain.Guest(), Channel: domain.ChannelWeb, Operation: p.operation,
				Client: domain.ClientInfo{Address: seenOf(ctx).address}}, commands.LinkToken(link), code)
		}
		if err != nil {
			problem := a.refusal(ctx, p.operation, err)
			for name, values := range problem.headers {
				c.Response().Header()[name] = values
			}
			return show(c, problem.Status, linkShown{Link: link, Problem: problem.Detail})
		}
		return show(c, http.StatusOK, linkShown{Over: true})
	})
}

// linkForm reads the form.
func linkForm(c echo.Context) (link, code string, err error) {
	r := c.Request()
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/x-www-form-urlencoded" {
		return "", "", errPageForm
	}
	r.Body = http.MaxBytesReader(c.Response(), r.Body, linkMost)
	if err := r.ParseForm(); err != nil {
		if _, large := errors.AsType[*http.MaxBytesError](err); large {
			return "", "", errTooLarge
		}
		return "", "", errPageForm
	}
	return r.PostForm.Get("link"), r.PostForm.Get("code"), nil
}

// hashOf allows one inline text by a content security policy (CSP 3, section 2.3.1).
func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
