package domain

import (
	"fmt"
	"log/slog"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// EventSkipped: an operator let a view go on past an event that it cannot digest. Documents into which that event cannot be
// folded stay as they were before it, in the live view and in every rebuild. Where the program can fold it, the skip
// changes nothing: a program that was mended makes of the event what it says.
type EventSkipped struct {
	View   ViewName         `json:"view"`
	Event  EventID          `json:"event"`
	UID    int              `json:"uid"` // of the system's user who asked for it
	Reason Part[SkipReason] `json:"skip_reason"`
}

// SkipReason is why an operator skipped an event, in the operator's words. It is to be about nobody, and is sealed all the
// same, since nobody checks what is written.
type SkipReason struct {
	Text string `json:"text"`
}

// Format prints [personal] for every verb.
func (SkipReason) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte(personal)) }

// LogValue logs [personal].
func (SkipReason) LogValue() slog.Value { return slog.StringValue(personal) }

// maxReason bounds a reason, in characters.
const maxReason = 500

// ErrReason: a reason is missing, too long, or holds what cannot be seen.
var ErrReason = &Error{Kind: Invalid, Code: "invalid_reason", Message: "State a reason: 1 to 500 characters, none of them a control character, and nothing personal.", Field: "/reason"}

// ParseSkipReason reads a reason: 1 to 500 characters, NFC, without spaces around it. ErrReason otherwise.
func ParseSkipReason(s string) (SkipReason, error) {
	if len(s) > 4*maxReason || !utf8.ValidString(s) {
		return SkipReason{}, ErrReason
	}
	s = norm.NFC.String(strings.TrimSpace(s))
	if n := utf8.RuneCountInString(s); n < 1 || n > maxReason || strings.ContainsFunc(s, unseen) {
		return SkipReason{}, ErrReason
	}
	return SkipReason{s}, nil
}
