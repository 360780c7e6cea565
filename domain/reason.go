package domain

import (
	"fmt"
	"log/slog"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// OperatorReason is why an operator did something out of the ordinary, in the operator's words. It is to be about nobody, and is sealed all the
// same, since nobody checks what is written.
type OperatorReason struct {
	Text string `json:"text"`
}

// Format prints [personal] for every verb.
func (OperatorReason) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte(personal)) }

// LogValue logs [personal].
func (OperatorReason) LogValue() slog.Value { return slog.StringValue(personal) }

// maxReason bounds a reason, in characters.
const maxReason = 500

// ErrReason: a reason is missing, too long, or holds what cannot be seen.
var ErrReason = &Error{Kind: Invalid, Code: "invalid_reason", Message: "State a reason: 1 to 500 characters, none of them a control character, and nothing personal.", Field: "/reason"}

// ParseOperatorReason reads a reason: 1 to 500 characters, NFC, without spaces around it. ErrReason otherwise.
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
