package view_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"accountledger/projections/view"
)

func TestCut(t *testing.T) {
	for text, want := range map[string][]string{
		"":                           nil,
		" -- ":                       nil,
		"The quick-brown fox":        {"the", "quick", "brown", "fox"},
		"account.signed_up.v1":       {"account", "signed", "up", "v1"},
		"one ONE One":                {"one"},
		"Ｍüller MULLER mu\u0308ller": {"muller"},
		"Straße":                     {"strasse"},
		"ΟΔΥΣΣΕΥΣ Ὀδυσσεύς":          {"οδυσσευσ"},
		"東京タワー":                      {"東", "京", "タ", "ワ", "ー"},
		"東a京":                        {"東", "a", "京"},
		"서울 Seoul":                   {"서울", "seoul"},
		"हिन्दी":                     {"हिन्दी"},
		"①②³":                        {"123"},
		"ﬁne":                        {"fine"},
		"a\x00b":                     {"a", "b"},
		"\xff\xfea":                  {"a"},
		strings.Repeat("é", 100):     {strings.Repeat("e", 64)},
		strings.Repeat("ж", 100):     {strings.Repeat("ж", 32)},
	} {
		if got := view.Cut(text); !slices.Equal(got, want) {
			t.Errorf("%q is cut into %q, want %q", text, got, want)
		}
	}
}

// FuzzCut sees that words are clean and that cutting them again changes nothing,
// so that a word found is a word that can be searched for.
func FuzzCut(f *testing.F) {
	for _, text := range []string{"Straße ǅ ﬃ", "İstanbul ı", "e\u0301\u0323", "ΐ Ω K", "①ⅷ", "한글", "\xffx", "ͅα", "ŉ"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, word := range view.Cut(text) {
			if word == "" || len(word) > view.MaxWord || !utf8.ValidString(word) || strings.ContainsAny(word, " \"*'\x00") {
				t.Fatalf("%q gives the word %q", text, word)
			}
			if again := view.Cut(word); len(word) < view.MaxWord-8 && !slices.Equal(again, []string{word}) {
				t.Fatalf("%q gives the word %q, and that %q", text, word, again)
			}
		}
	})
}
