// Package templates holds the texts of messages to people, as data: one file for each language, in it each message for each medium,
// and one plain and one HTML layout for all.
//
// No text contains anything from the requester. The variables are what the operator says about the service, and codes, links and times
// that the ledger makes. A subject never contains the code, because subjects are visible on locked screens.
package templates

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"
	"unicode"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"go.yaml.in/yaml/v3"
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"accountledger/domain"
)

//go:embed texts/*.yaml
var files embed.FS

// Fallback is the language used if there are no texts in one that the person understands.
const Fallback domain.Language = "en"

// ErrNoText: there is no text for this message.
var ErrNoText = errors.New("templates: there is no text for this message")

// DefaultService is the service's name if the operator sets none.
const DefaultService = "Account Ledger"

// About is what the operator says about the service in every message.
type About struct {
	// Service is its name as people know it: 1 to 60 characters, or empty for DefaultService.
	Service string
	// Support is how to reach somebody who helps: a web or e-mail address, at most 200 characters; it may be empty.
	Support string
	// Imprint is who is responsible by law, on one line of at most 300 characters; it may be empty.
	Imprint string
}

// Check names the first part that cannot be used.
func (a About) Check() error {
	for _, part := range []struct {
		what, text string
		most       int
	}{{"the service's name", a.Service, 60}, {"the support contact", a.Support, 200}, {"the imprint", a.Imprint, 300}} {
		if len([]rune(part.text)) > part.most || strings.ContainsFunc(part.text, unicode.IsControl) {
			return fmt.Errorf("templates: %s has more than %d characters or has control characters", part.what, part.most)
		}
	}
	return nil
}

// Texts is every text in every language. It is safe for concurrent use.
type Texts struct {
	about  About
	bundle *i18n.Bundle
}

// Values are the variables of a message.
type Values struct {
	Code string        // as made by domain.CodeInput; empty if the message has none
	For  time.Duration // how long it is still valid
	// Erased is when an account is erased; zero if the message is about no erasure.
	Erased time.Time
	// Link is a link that the code belongs to; empty if the message has none.
	Link string
	// Client is the one that it tells of.
	Client domain.ClientInfo
	// At is when what it tells of happened, and Until until when that can be undone; zero if it has none.
	At, Until time.Time
}

// New loads the texts. A missing text or a subject with the code is an error.
func New(about About) (*Texts, error) { return Load(files, about) }

// Load loads texts from the files texts/LANGUAGE.yaml of a file system.
func Load(from fs.FS, about About) (*Texts, error) {
	if about.Service == "" {
		about.Service = DefaultService
	}
	if err := about.Check(); err != nil {
		return nil, err
	}
	t := &Texts{about: about, bundle: i18n.NewBundle(language.Make(string(Fallback)))}
	t.bundle.RegisterUnmarshalFunc("yaml", yaml.Unmarshal)
	names, err := fs.Glob(from, "texts/*.yaml")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		f, err := t.bundle.LoadMessageFileFS(from, name)
		if err == nil {
			err = complete(f)
		}
		if err != nil {
			return nil, fmt.Errorf("templates: %s: %w", name, err)
		}
	}
	return t, nil
}

// complete checks that a file has every text, and no code in a subject.
func complete(f *i18n.MessageFile) error {
	has := map[string]*i18n.Message{}
	for _, m := range f.Messages {
		has[m.ID] = m
	}
	for _, id := range needed() {
		m := has[id]
		if m == nil || strings.TrimSpace(m.Other) == "" {
			return fmt.Errorf("%s: %w", id, ErrNoText)
		}
		if strings.HasSuffix(id, ".subject") && strings.Contains(m.Other, ".Code") {
			return fmt.Errorf("%s: a subject contains the code", id)
		}
	}
	return nil
}

// Ids of texts that are in every message.
const (
	minutesText   = "minutes"
	signatureText = "signature"
	helpText      = "help"
	alertText     = "alert" // how to say of an alert that it was not them
)

func needed() []string {
	ids := []string{minutesText, signatureText, helpText, alertText}
	for _, m := range domain.Messages() {
		ids = append(ids, subjectOf(m), bodyOf(m))
	}
	return ids
}

func subjectOf(m domain.Message) string { return string(m) + ".email.subject" }
func bodyOf(m domain.Message) string    { return string(m) + ".email.body" }

// Languages is how many languages have texts.
func (t *Texts) Languages() int { return len(t.bundle.LanguageTags()) }

// onTheWay is what a message may take to be picked: a code for ten minutes is still called one.
const onTheWay = 5 * time.Second

// words are the texts in the language that suits a person best.
type words struct {
	*i18n.Localizer
	values map[string]any
}

// in finds the language by CLDR's distances (golang.org/x/text/language.Matcher).
func (t *Texts) in(l domain.Language, v Values) (words, domain.Language, error) {
	w := words{i18n.NewLocalizer(t.bundle, string(l)), map[string]any{"Service": t.about.Service, "Support": t.about.Support, "Code": Grouped(v.Code),
		"Day": v.Erased.UTC().Format(time.DateOnly), "Link": v.Link, "At": minuteOf(v.At), "Until": minuteOf(v.Until)}}
	w.values["Country"] = w.country(l, v.Client.Country)
	minutes := max(1, int((v.For+onTheWay)/time.Minute))
	text, tag, err := w.LocalizeWithTag(&i18n.LocalizeConfig{MessageID: minutesText, PluralCount: minutes, TemplateData: map[string]any{"N": minutes}})
	w.values["For"] = text
	return w, domain.Language(tag.String()), err
}

// country is what a country is called in a language, by CLDR; empty if it is not known.
func (w words) country(l domain.Language, r domain.Region) string {
	region, err := language.ParseRegion(string(r))
	if err != nil {
		return ""
	}
	if names := display.Regions(language.Make(string(l))); names != nil {
		return names.Name(region)
	}
	return display.Regions(language.English).Name(region)
}

// minuteOf is a time as messages say it.
func minuteOf(t time.Time) string { return t.UTC().Format("2006-01-02 15:04") }

// say fills in a text; ErrNoText if there is none.
func (w words) say(id string) (string, error) {
	text, err := w.Localize(&i18n.LocalizeConfig{MessageID: id, TemplateData: w.values})
	if _, missing := errors.AsType[*i18n.MessageNotFoundErr](err); missing {
		return "", ErrNoText
	}
	return strings.TrimSpace(text), err
}
