package passwords

import (
	"bytes"
	"compress/gzip"
	_ "embed" // the list
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

//go:embed common/passwords.txt.gz
var commonGz []byte

const (
	// A common password with a little behind it, such as a mark and a date, is common; a
	// shorter word than this, or a longer tail, is left to the length rule.
	minBase = 4
	maxTail = 9
	// maxUnit is the longest piece that may not make up a password by being repeated.
	maxUnit = 4
)

// commonList is sorted and folded.
type commonList []string

func loadCommon() (commonList, error) {
	z, err := gzip.NewReader(bytes.NewReader(commonGz))
	if err != nil {
		return nil, fmt.Errorf("passwords: the list of common passwords: %w", err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		return nil, fmt.Errorf("passwords: the list of common passwords: %w", err)
	}
	return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n"), nil
}

// has says whether a folded password is on the list, by itself, without the digits and
// marks that people put behind it, or repeated; or is a plain run such as abcdefgh.
func (l commonList) has(folded string) bool {
	if l.lists(folded) || isRun(folded) {
		return true
	}
	base := strings.TrimRightFunc(folded, func(r rune) bool { return !unicode.IsLetter(r) })
	if utf8.RuneCountInString(base) >= minBase && utf8.RuneCountInString(folded[len(base):]) <= maxTail && l.lists(base) {
		return true
	}
	unit := repeated(folded)
	return unit != "" && (utf8.RuneCountInString(unit) <= maxUnit || l.lists(unit))
}

func (l commonList) lists(folded string) bool {
	_, found := slices.BinarySearch(l, folded)
	return found
}

// isRun says whether each character follows the one before it: up, down or the same.
func isRun(s string) bool {
	runes := []rune(s)
	if len(runes) < 3 {
		return false
	}
	step := runes[1] - runes[0]
	if step < -1 || step > 1 {
		return false
	}
	for i := 2; i < len(runes); i++ {
		if runes[i]-runes[i-1] != step {
			return false
		}
	}
	return true
}

// repeated gives the shortest piece that s consists of two or more times, or nothing.
func repeated(s string) string {
	// s is a repetition exactly if it stands in itself doubled, shifted by less than its length.
	if at := strings.Index((s + s)[1:], s) + 1; at < len(s) {
		return s[:at]
	}
	return ""
}

// fold makes letters that look or mean the same one: Unicode NFKC and case folding.
func fold(s string) string { return norm.NFKC.String(cases.Fold().String(norm.NFKC.String(s))) }
