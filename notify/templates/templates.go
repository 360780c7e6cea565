// Package templates holds the texts of messages to people: one file of texts per language, and one plain and one HTML layout for
// all.
//
// No text contains anything from the requester. The variables are the service's name, set by the operator, and the code and its
// expiry, made by the ledger. A subject never contains the code, because subjects are visible on locked screens.
package templates

import (
	"embed"
	"errors"
	"fmt"
	"html"
	"io/fs"
	"strings"
	"time"
	"unicode"

	"github.com/go-json-experiment/json"

	"accountledger/domain"
)

//go:embed texts/*.json
var files embed.FS

// Fallback is the language used if there are no texts in the person's.
const Fallback domain.Language = "en"

// ErrNoText: there is no text for this message.
var ErrNoText = errors.New("templates: there is no text for this message")

// Texts is every text in every language. It is safe for concurrent use.
type Texts struct {
	service string
	by      map[domain.Language]file
}

// file is one language as its file holds it.
type file struct {
	Language domain.Language         `json:"language"`
	Messages map[domain.Message]text `json:"messages"`
}

type text struct {
	Subject string   `json:"subject"`
	Body    []string `json:"body"` // paragraphs; one that is just {code} is set large
}

// Values are the variables of a message.
type Values struct {
	Code  string    // as made by domain.CodeInput; empty if the message has none
	Until time.Time // when it expires
}

// Email is a message ready to be sent.
type Email struct {
	Language domain.Language // of the text: Fallback if there is none in the person's
	Subject  string
	Plain    string // lines end in \n
	HTML     string
}

// DefaultService is the service's name if the operator sets none.
const DefaultService = "Account Ledger"

// New loads the texts. service is the service's name as people know it: 1 to 60 characters without control characters, or empty for
// DefaultService. A missing text or a subject with the code is an error.
func New(service string) (*Texts, error) {
	if service == "" {
		service = DefaultService
	}
	if len([]rune(service)) > 60 || strings.ContainsFunc(service, unicode.IsControl) {
		return nil, errors.New("templates: the service's name has more than 60 characters or has control characters")
	}
	t := &Texts{service: service, by: map[domain.Language]file{}}
	names, err := fs.Glob(files, "texts/*.json")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		f, err := read(name)
		if err != nil {
			return nil, fmt.Errorf("templates: %s: %w", name, err)
		}
		t.by[f.Language] = f
	}
	if _, ok := t.by[Fallback]; !ok {
		return nil, fmt.Errorf("templates: no texts in %q", Fallback)
	}
	return t, nil
}

func read(name string) (file, error) {
	var f file
	b, err := files.ReadFile(name)
	if err != nil {
		return f, err
	}
	if err := json.Unmarshal(b, &f, json.RejectUnknownMembers(true)); err != nil {
		return f, err
	}
	for _, m := range mailed() {
		switch t := f.Messages[m]; {
		case t.Subject == "" || len(t.Body) == 0:
			return f, ErrNoText
		case strings.Contains(t.Subject, "{code}"):
			return f, errors.New("a subject contains the code")
		}
	}
	return f, f.Language.Validate()
}

// mailed lists the messages that have texts.
func mailed() []domain.Message {
	return []domain.Message{domain.MessageCode, domain.MessageExists, domain.MessageContactCode, domain.MessageContactTaken}
}

// Languages is how many languages have texts.
func (t *Texts) Languages() int { return len(t.by) }

// Email makes a message in the person's language, or else its base language, or else Fallback. ErrNoText if there is no text for
// the message.
func (t *Texts) Email(m domain.Message, language domain.Language, v Values) (Email, error) {
	f := t.in(language)
	body, ok := f.Messages[m]
	if !ok {
		return Email{}, ErrNoText
	}
	fill := strings.NewReplacer("{service}", t.service, "{code}", Grouped(v.Code), "{until}", v.Until.UTC().Format("15:04"))
	e := Email{Language: f.Language, Subject: fill.Replace(body.Subject)}
	var plain, rich strings.Builder
	for _, paragraph := range body.Body {
		said := fill.Replace(paragraph)
		plain.WriteString(wrap(said))
		plain.WriteString("\n\n")
		style := ""
		if paragraph == "{code}" {
			style = ` style="font-size:1.6em;font-family:monospace;letter-spacing:0.08em"`
		}
		fmt.Fprintf(&rich, "<p%s>%s</p>\n", style, html.EscapeString(said))
	}
	e.Plain = strings.TrimSuffix(plain.String(), "\n")
	e.HTML = fmt.Sprintf("<!doctype html>\n<html lang=\"%s\">\n<head><meta charset=\"utf-8\"><title>%s</title></head>\n"+
		"<body style=\"font-family:sans-serif;max-width:36em\">\n%s</body>\n</html>\n",
		f.Language, html.EscapeString(e.Subject), rich.String())
	return e, nil
}

func (t *Texts) in(l domain.Language) file {
	base, _, _ := strings.Cut(string(l), "-")
	for _, try := range []domain.Language{l, domain.Language(base)} {
		if f, ok := t.by[try]; ok {
			return f
		}
	}
	return t.by[Fallback]
}
