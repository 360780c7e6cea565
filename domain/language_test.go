package domain_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"accountledger/domain"
)

// A tag is read in any case, with - or _, and kept in canonical form.
func TestParseLanguage(t *testing.T) {
	for in, want := range map[string]domain.Language{
		"en": "en", "pt-BR": "pt-BR", "fil": "fil", "zh-Hans": "zh-Hans", "ZH_hans_cn": "zh-Hans-CN", "DE_at": "de-AT", "es-419": "es-419", "iw": "he",
		"ca-valencia": "ca-valencia", "de-CH-1996": "de-CH-1996", "de-u-co-phonebk": "de", "en-x-ada": "en", "en-ZX": "en",
	} {
		got, err := domain.ParseLanguage(in)
		if err != nil || got != want {
			t.Errorf("%q is read as %q, want %q: %v", in, got, want, err)
		}
		if again, err := domain.ParseLanguage(string(got)); err != nil || again != got || got.Validate() != nil {
			t.Errorf("%q is not canonical", got)
		}
	}
	for _, no := range []string{"", "und", "x-ada", "english", "e", "de-", "de AT", "ada@example.com", "*", "und-DE", "de-" + strings.Repeat("1996-", 20) + "1996",
		strings.Repeat("a", 10_000)} {
		if got, err := domain.ParseLanguage(no); !errors.Is(err, domain.ErrLanguage) {
			t.Errorf("%.40q is read as %q: %v", no, got, err)
		}
	}
}

// Whatever is sent, what is kept can be stored and is its own canonical form.
func TestParsedLanguagesCanBeStored(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l, err := domain.ParseLanguage(rapid.StringMatching(`[a-zA-Z]{2,8}([-_][a-zA-Z0-9]{1,8}){0,5}`).Draw(t, "tag"))
		if err != nil {
			return
		}
		if again, err := domain.ParseLanguage(string(l)); l.Validate() != nil || err != nil || again != l {
			t.Fatalf("%q is kept, and read as %q: %v", l, again, err)
		}
	})
}

func TestChangeLanguage(t *testing.T) {
	a := domain.NewAccount(domain.AccountID{UUID: uuid.New()})
	if _, err := a.ChangeLanguage("en"); !errors.Is(err, domain.ErrNotFound) {
		t.Errorf("a language of nobody: %v", err)
	}
	apply(t, a, noon, domain.AccountOpened{Language: "de", Capacity: domain.CapacitySelf})
	for _, step := range []struct {
		to   string
		want []any
		err  error
	}{
		{"de", nil, nil},
		{"DE", nil, nil},
		{"pt_br", []any{domain.LanguageChanged{Language: "pt-BR"}}, nil},
		{"pt-BR", nil, nil},
		{"nothing", nil, domain.ErrLanguage},
		{"de", []any{domain.LanguageChanged{Language: "de"}}, nil},
	} {
		events, err := a.ChangeLanguage(step.to)
		if !errors.Is(err, step.err) {
			t.Errorf("%s: %v", step.to, err)
		}
		sameEvents(t, events, step.want...)
		apply(t, a, noon, events...)
	}
	if a.Language != "de" || a.Opened.Language != "de" {
		t.Errorf("it is %s", a.Language)
	}
	apply(t, a, noon, domain.ErasureRequested{Due: noon})
	if _, err := a.ChangeLanguage("en"); !errors.Is(err, domain.ErrClosing) {
		t.Errorf("changed while closing: %v", err)
	}
}

// Texts are shown in the closest language there is, whatever way somebody writes theirs.
func TestTheClosestLanguage(t *testing.T) {
	for want, all := range map[domain.Language][]domain.Language{
		"en": {"en", "en-GB", "fr", "fil-PH", "", "den"}, "de": {"de", "de-CH", "de-AT", "gsw"}, "es": {"es", "es-419", "es-MX"},
		"zh-Hans": {"zh-Hans", "zh", "zh-CN", "zh-Hans-SG"},
	} {
		for _, l := range all {
			if got := l.Shown(); got != want {
				t.Errorf("%q is shown %s, want %s", l, got, want)
			}
		}
	}
	for header, want := range map[string]domain.Language{"": "en", "*": "en", "fr, es;q=0.5": "es", "zh-CN,zh;q=0.9,en;q=0.8": "zh-Hans", "zh_hans": "zh-Hans",
		"DE-at": "de", "en;q=0.1, es;q=0.9": "es", "not a header at all!": "en", "fr": "en"} {
		if got := domain.Negotiate(header); got != want {
			t.Errorf("%q is shown %s, want %s", header, got, want)
		}
	}
}
