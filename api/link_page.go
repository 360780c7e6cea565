package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"errors"
	"fmt"
	"html/template"
	"mime"
	"net/http"

	"github.com/go-json-experiment/json"
	"github.com/labstack/echo/v4"

	"accountledger/commands"
	"accountledger/domain"
)

//go:embed link.html
var linkHTML string

//go:embed link.js
var linkJS string

//go:embed link.css
var linkCSS string

// linkTextsFiles has one file for each language.
//
//go:embed texts/links/*.json
var linkTextsFiles embed.FS

// linkTexts is what the pages say in one language.
type linkTexts struct {
	Link  string   `json:"link"` // the fields' labels
	Code  string   `json:"code"`
	Undo  linkText `json:"undo"`
	NotMe linkText `json:"not_me"`
}

type linkText struct {
	Title  string `json:"title"`
	Lead   string `json:"lead"`
	Button string `json:"button"`
	Done   string `json:"done"`
}

// of is what the page of a kind says.
func (t *linkTexts) of(k domain.LinkKind) linkText {
	if k == domain.LinkUndo {
		return t.Undo
	}
	return t.NotMe
}

func readLinkTexts() (map[domain.Language]linkTexts, error) {
	out := map[domain.Language]linkTexts{}
	for _, l := range domain.Languages() {
		var t linkTexts
		data, err := linkTextsFiles.ReadFile("texts/links/" + string(l) + ".json")
		if err == nil {
			err = json.Unmarshal(data, &t, json.RejectUnknownMembers(true))
		}
		if err != nil {
			return nil, fmt.Errorf("api: the texts of pages in %s: %w", l, err)
		}
		out[l] = t
	}
	return out, nil
}

// linkPage is a page that the links of messages lead to.
type linkPage struct {
	kind      domain.LinkKind
	operation string
	do        func(context.Context, commands.Request, commands.LinkToken, string) error
}

// linkShown is what it shows. It is not stored anywhere, and shows a link only to who sent it.
type linkShown struct {
	linkText
	Language             domain.Language
	LinkLabel, CodeLabel string
	Path, Link, Problem  string
	Style                template.CSS
	Script               template.JS
	Over                 bool
}

// linkMost is how large the form can be, in bytes.
const linkMost = 8 << 10

// linkPages serves the forms, in the language that the client prefers. The token is in the fragment of a link, which is sent to nobody; a script
// puts it into the form and out of the address, and without scripts people paste the link. Showing the form does nothing, however often it is
// asked for.
func (a *API) linkPages() {
	a.linkPage(linkPage{domain.LinkUndo, "undo", func(ctx context.Context, r commands.Request, link commands.LinkToken, code string) error {
		_, err := a.Menu.Undo(ctx, r, commands.Undo{Link: link, Code: code})
		return err
	}})
	a.linkPage(linkPage{domain.LinkNotMe, "notMe", func(ctx context.Context, r commands.Request, link commands.LinkToken, code string) error {
		_, err := a.Menu.NotMe(ctx, r, commands.NotMe{Link: link, Code: code})
		return err
	}})
}

func (a *API) linkPage(p linkPage) {
	style := homeCSS + linkCSS
	policy := "default-src 'none'; style-src " + hashOf(style) + "; script-src " + hashOf(linkJS) +
		"; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
	page := template.Must(template.New("link").Parse(linkHTML))
	show := func(c echo.Context, status int, shown linkShown) error {
		shown.Language = domain.Negotiate(seenOf(c.Request().Context()).accept)
		texts := a.linkTexts[shown.Language]
		shown.linkText, shown.LinkLabel, shown.CodeLabel, shown.Path = texts.of(p.kind), texts.Link, texts.Code, p.kind.Path()
		shown.Style, shown.Script = template.CSS(style), template.JS(linkJS) //nolint:gosec // our own files
		var html bytes.Buffer
		if err := page.Execute(&html, shown); err != nil {
			return err
		}
		h := c.Response().Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("Cache-Control", "no-store")
		h.Set("Vary", "Accept-Language")
		h.Set(contentLanguage, string(shown.Language))
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
