package api

import (
	"context"
	"embed"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"

	"accountledger/domain"
)

// textsFiles has one file for each language but English, in which refusals are written where they are declared: by code, what it says to people.
//
//go:embed texts/*.json
var textsFiles embed.FS

const english = domain.Language("en")

// texts are what refusals say, by language and code.
type texts map[domain.Language]map[string]string

func readTexts() (texts, error) {
	out := texts{}
	for _, l := range domain.Languages() {
		if l == english {
			continue
		}
		data, err := textsFiles.ReadFile("texts/" + string(l) + ".json")
		if err != nil {
			return nil, fmt.Errorf("api: the texts of refusals: %w", err)
		}
		var all map[string]string
		if err := json.Unmarshal(data, &all); err != nil {
			return nil, fmt.Errorf("api: the texts of refusals in %s: %w", l, err)
		}
		out[l] = all
	}
	return out, nil
}

// in is a refusal's text in a language. What is meant for programs is said in English.
func (t texts) in(l domain.Language, code, message string, n int) string {
	text, ok := t[l][code]
	if !ok {
		return message
	}
	return strings.ReplaceAll(text, "{n}", strconv.Itoa(n))
}

// translate says a problem in the language of whoever is asking. Its title stays as it is: it is of the status, not of the case.
func (a *API) translate(ctx context.Context, p *Problem) {
	l := a.languageOf(ctx, p.Status)
	p.headers.Set(contentLanguage, string(l))
	p.Detail = a.texts.in(l, p.Code, p.Detail, p.number)
	for i, f := range p.Errors {
		p.Errors[i].Message = a.texts.in(l, f.Code, f.Message, f.number)
	}
}

// languageOf is the one to speak to whoever is asking: a person's own; for guests the one that their client prefers; and English for officers and
// services. Where the server itself is at fault nothing more is read, and a person is a guest.
func (a *API) languageOf(ctx context.Context, status int) domain.Language {
	s := seenOf(ctx)
	if kind := s.caller.Actor.Kind; kind != domain.ActorGuest && kind != domain.ActorPerson {
		return english
	}
	if status < http.StatusInternalServerError {
		if l, ok := a.Menu.LanguageOf(ctx, s.caller); ok {
			return l.Shown()
		}
	}
	return domain.Negotiate(s.accept)
}
