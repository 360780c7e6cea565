package domain

import (
	"errors"
	"regexp"

	"golang.org/x/text/language"
)

// Language is a language that texts are shown in: a BCP 47 tag in canonical form, such as pt-BR or zh-Hans, without extensions.
type Language string

var languagePattern = regexp.MustCompile(`^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?(-([a-z0-9]{5,8}|[0-9][a-z0-9]{3})){0,2}$`)

// LanguageChanged: the person chose another language for messages and notices.
type LanguageChanged struct {
	Language Language `json:"language"`
}

// Pattern is the regular expression for it.
func (Language) Pattern() string { return languagePattern.String() }

// Validate refuses anything that does not look like a language in canonical form.
func (l Language) Validate() error { return matches(languagePattern, string(l)) }

// MaxLanguage is how long a tag may be that somebody sends, in bytes; RFC 5646 asks for room for 35.
const MaxLanguage = 64

// ParseLanguage reads a well-formed BCP 47 tag in any case, with - or _, and returns its canonical form. A language is stored in
// clear, so only what the registry of languages knows is kept: extensions and unknown subtags are dropped. ErrLanguage if no
// language is left.
func ParseLanguage(s string) (Language, error) {
	if len(s) > MaxLanguage {
		return "", ErrLanguage
	}
	tag, err := language.Parse(s)
	var unknown language.ValueError
	if err != nil && !errors.As(err, &unknown) {
		return "", ErrLanguage
	}
	base, script, region := tag.Raw()
	known, err := language.Compose(base, script, region, tag.Variants())
	l := Language(known.String())
	if err != nil || base == (language.Base{}) || l.Validate() != nil {
		return "", ErrLanguage
	}
	return l, nil
}

// ChangeLanguage decides on the language of messages and notices to the person. There is no event if it is theirs already.
func (a *Account) ChangeLanguage(to string) ([]any, error) {
	if err := a.Open(); err != nil {
		return nil, err
	}
	l, err := ParseLanguage(to)
	if err != nil || l == a.Language {
		return nil, err
	}
	return []any{LanguageChanged{Language: l}}, nil
}
