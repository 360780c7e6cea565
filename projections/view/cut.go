package view

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

const (
	// MaxWord bounds a word, in bytes; a longer one is found by its beginning.
	MaxWord = 64
	// cutVersion goes up whenever Cut gives other words for the same text, so
	// that stored words and asked ones never come from different rules.
	cutVersion = 1
)

// Cut gives the words of a text by which it is found, each once, in the order of
// their first appearance. It is the one meaning of a word on all engines:
//
//   - letters and digits, with the marks on them, make words; all else separates;
//   - compatibility forms, case, and the accents of Latin, Greek and Cyrillic
//     letters make no difference: "Ｍüller", "MULLER" and "muller" are one word;
//   - Han characters and kana are each a word of their own, since nothing
//     separates words there.
func Cut(text string) []string {
	var words []string
	for _, word := range splitWords(fold(text)) {
		words = appendOnce(words, word)
	}
	return words
}

// fold gives the text with all differences removed that a search overlooks.
func fold(text string) string {
	if isASCII(text) {
		return strings.ToLower(text)
	}
	decomposed := norm.NFKD.String(text)
	bare := strings.Map(func(r rune) rune {
		if r >= 0x300 && r <= 0x36F {
			return -1
		}
		return r
	}, decomposed)
	// Folding case can leave characters that are not composed, and composing can
	// give ones with case, so it is done before and after.
	folded := cases.Fold().String(norm.NFKC.String(cases.Fold().String(bare)))
	return norm.NFKC.String(folded)
}

func splitWords(folded string) []string {
	words := make([]string, 0, 8)
	start := -1
	end := func(at int) {
		if start >= 0 {
			words = append(words, clip(folded[start:at]))
			start = -1
		}
	}
	for at, r := range folded {
		switch {
		case r < utf8.RuneSelf:
			if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
				if start < 0 {
					start = at
				}
			} else {
				end(at)
			}
		case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana) && unicode.IsLetter(r):
			end(at)
			words = append(words, folded[at:at+utf8.RuneLen(r)])
		case unicode.IsLetter(r) || unicode.IsNumber(r):
			if start < 0 {
				start = at
			}
		case unicode.IsMark(r) && start >= 0:
		default:
			end(at)
		}
	}
	end(len(folded))
	return words
}

// clip shortens a word to MaxWord bytes, at a whole character.
func clip(word string) string {
	if len(word) <= MaxWord {
		return word
	}
	n := MaxWord
	for !utf8.RuneStart(word[n]) {
		n--
	}
	return word[:n]
}

func appendOnce(words []string, word string) []string {
	for _, w := range words {
		if w == word {
			return words
		}
	}
	return append(words, word)
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// Words gives the words of all words fields of a document, each once.
func (s *Schema) Words(d *Document) []string {
	var words []string
	for i := range s.Fields {
		if s.Fields[i].Kind != Words {
			continue
		}
		for _, word := range splitWords(fold(d.value(i).text)) {
			words = appendOnce(words, word)
		}
	}
	return words
}
