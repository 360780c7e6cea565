package domain

import (
	"slices"
	"sync"

	"golang.org/x/text/language"
)

// Languages are those of every text of the catalogue and of every notice. The first is shown to people who read none of them.
func Languages() []Language { return []Language{"en", "de", "es", "zh-Hans"} }

// matcher finds the closest of some languages by CLDR's distances: zh-Hans for zh-CN, German for Swiss German.
type matcher struct {
	among []Language
	by    language.Matcher
}

func newMatcher(among []Language) matcher {
	tags := make([]language.Tag, len(among))
	for i, l := range among {
		tags[i] = language.Make(string(l))
	}
	return matcher{among, language.NewMatcher(tags)}
}

func (m matcher) closest(wanted ...language.Tag) Language {
	_, i, _ := m.by.Match(wanted...)
	return m.among[i]
}

// shipped matches Languages.
var shipped = sync.OnceValue(func() matcher { return newMatcher(Languages()) })

// Shown is the one of Languages that suits somebody best who wants l.
func (l Language) Shown() Language {
	if slices.Contains(shipped().among, l) {
		return l
	}
	return shipped().closest(language.Make(string(l)))
}

// Negotiate is the one of Languages that suits the sender of an Accept-Language header best (RFC 9110, 12.5.4). A header that cannot be
// read asks for nothing.
func Negotiate(acceptLanguage string) Language {
	wanted, _, err := language.ParseAcceptLanguage(acceptLanguage)
	if err != nil {
		wanted = nil
	}
	return shipped().closest(wanted...)
}

// closestOf is the one of some languages that suits somebody best who wants l, or else English, or else the first of them.
func closestOf(l Language, among []Language) Language {
	if len(among) == 0 || slices.Contains(among, l) {
		return l
	}
	slices.SortFunc(among, func(a, b Language) int {
		switch {
		case a == b:
			return 0
		case a == "en", b != "en" && a < b:
			return -1
		}
		return 1
	})
	return newMatcher(among).closest(language.Make(string(l)))
}
