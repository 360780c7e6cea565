package passwords

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// minPart is the shortest part of an identifier that counts.
	minPart = 4
	// enoughBeside is how many other letters and digits make a password acceptable although it contains a minor part of
	// an identifier.
	enoughBeside = 8
)

// likeIdentifier compares a folded password with a folded identifier. The password must neither contain nor nearly equal the
// identifier or the part of an e-mail address before the @. Other words of it (in the domain, between dots) are allowed if
// the password has enough other characters.
func likeIdentifier(password, identifier string) bool {
	bare := letters(password)
	main := []string{identifier}
	lesser := strings.FieldsFunc(identifier, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	if at := strings.LastIndexByte(identifier, '@'); at >= 0 {
		local, _, _ := strings.Cut(identifier[:at], "+")
		main = append(main, identifier[:at], local)
	}
	for _, part := range main {
		if long(part) && strings.Contains(password, part) {
			return true
		}
		if p := letters(part); long(p) && (strings.Contains(bare, p) || near(bare, p)) {
			return true
		}
	}
	for _, part := range lesser {
		if !long(part) {
			continue
		}
		rest := utf8.RuneCountInString(strings.ReplaceAll(bare, part, ""))
		if near(bare, part) || strings.Contains(bare, part) && rest < enoughBeside {
			return true
		}
	}
	return false
}

func long(part string) bool { return utf8.RuneCountInString(part) >= minPart }

// letters keeps only letters and digits.
func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) {
			return r
		}
		return -1
	}, s)
}

// near reports whether a password is a part with one or two changes, with digits appended, or backwards.
func near(password, part string) bool {
	a, b := []rune(password), []rune(part)
	allowed := 1
	if len(b) >= 6 {
		allowed = 2
	}
	name := []rune(strings.TrimRightFunc(password, unicode.IsDigit))
	return distance(a, b) <= allowed || distance(name, b) <= allowed || distance(reversed(name), b) <= allowed
}

func reversed(s []rune) []rune {
	out := make([]rune, len(s))
	for i, r := range s {
		out[len(s)-1-i] = r
	}
	return out
}

// distance is the Levenshtein distance, up to 3.
func distance(a, b []rune) int {
	if len(a)-len(b) > 2 || len(b)-len(a) > 2 {
		return 3 // more than any caller needs
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range a {
		diagonal := row[0]
		row[0] = i + 1
		for j := range b {
			replaced := diagonal
			if a[i] != b[j] {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
