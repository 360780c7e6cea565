package domain

import (
	"fmt"
	"log/slog"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// OperatorReason is an operator's own words on why they did something unusual. It should name nobody, but is sealed all the
// same, since nobody checks it.
type OperatorReason struct {
	Text string `json:"text"`
}

// Format prints [personal] for every verb.
func (OperatorReason) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte(personal)) }

// LogValue logs [personal].
func (OperatorReason) LogValue() slog.Value { return slog.StringValue(personal) }

// maxReason is the longest reason, in characters.
const maxReason = 500

// ErrReason: a reason is missing, too long, or has invisible characters.
var ErrReason = &Error{Kind: Invalid, Code: "invalid_reason", Message: "State a reason: 1 to 500 characters, no control characters, nothing personal.",
	Field: "/reason"}

// ParseOperatorReason normalises a reason: 1 to 500 characters, NFC, surrounding space removed. ErrReason otherwise.
func ParseOperatorReason(s string) (OperatorReason, error) {
	if len(s) > 4*maxReason || !utf8.ValidString(s) {
		return OperatorReason{}, ErrReason
	}
	s = norm.NFC.String(strings.TrimSpace(s))
	if n := utf8.RuneCountInString(s); n < 1 || n > maxReason || strings.ContainsFunc(s, unseen) {
		return OperatorReason{}, ErrReason
	}
	return OperatorReason{s}, nil
}
