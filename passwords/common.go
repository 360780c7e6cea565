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
	// A common password with a short tail, such as a punctuation mark and a date, is common; shorter words or longer tails
	// are left to the length rule.
	minBase = 4
	maxTail = 9
	// maxUnit is the longest piece whose repetition is refused as a password.
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

// has reports whether a folded password is on the list, as is, without trailing digits and punctuation, or repeated; or is
// a plain run such as abcdefgh.
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

// isRun reports whether each character follows the previous one: up, down or the same.
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

// repeated returns the shortest piece that s is a repetition of, or nothing.
func repeated(s string) string {
	// s is a repetition exactly if it occurs in s+s at an offset below its length.
	if at := strings.Index((s + s)[1:], s) + 1; at < len(s) {
		return s[:at]
	}
	return ""
}

// fold makes equivalent letters equal: Unicode NFKC and case folding.
func fold(s string) string { return norm.NFKC.String(cases.Fold().String(norm.NFKC.String(s))) }
