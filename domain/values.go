package domain

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Public values. Each is a closed set or a narrow pattern, so that nothing personal can slip into what is stored
// unencrypted: the journal refuses any string without a Validate.

var errValue = errors.New("not one of the values allowed here")

// ErrUnknownValue: a value is not in its closed set. In a stored event a newer program wrote it.
var ErrUnknownValue = fmt.Errorf("%w: not in its closed set", errValue)

func oneOf[T comparable](v T, all ...T) error {
	if slices.Contains(all, v) {
		return nil
	}
	return ErrUnknownValue
}

func matches(re *regexp.Regexp, s string) error {
	if re.MatchString(s) {
		return nil
	}
	return errValue
}

// Channel is how a request reached the ledger.
type Channel string

// Channels.
const (
	ChannelAPI     Channel = "api"     // HTTP
	ChannelWeb     Channel = "web"     // pages in a browser
	ChannelConsole Channel = "console" // an operator's command on the machine
	ChannelProcess Channel = "process" // the ledger's own processes
)

// Values lists them all.
func (Channel) Values() []Channel {
	return []Channel{ChannelAPI, ChannelWeb, ChannelConsole, ChannelProcess}
}

// Validate refuses unknown values.
func (c Channel) Validate() error { return oneOf(c, c.Values()...) }

// IdentifierKind is a kind of identifier that people sign up and sign in with.
type IdentifierKind string

// IdentifierEmail is an e-mail address.
const IdentifierEmail IdentifierKind = "email"

// Values lists them all.
func (IdentifierKind) Values() []IdentifierKind { return []IdentifierKind{IdentifierEmail} }

// Validate refuses unknown values.
func (k IdentifierKind) Validate() error { return oneOf(k, k.Values()...) }

// DeviceKind is a kind of device; it is public and counted.
type DeviceKind string

// DeviceKinds lists every kind of device.
func DeviceKinds() []DeviceKind {
	return []DeviceKind{"phone", "tablet", "watch", "band", "vacuum", "tv", "speaker", "camera", "scale", "light", "router", "laptop", "car", "other"}
}

// Values lists them all.
func (DeviceKind) Values() []DeviceKind { return DeviceKinds() }

// Validate refuses unknown values.
func (k DeviceKind) Validate() error { return oneOf(k, DeviceKinds()...) }

// Role is what an officer may do.
type Role string

// Roles. An admin may manage officers and services, but not search or query.
const (
	RoleAdmin      Role = "admin"
	RoleCompliance Role = "compliance"
	RoleAnalyst    Role = "analyst"
)

// Roles lists every role.
func Roles() []Role { return []Role{RoleAdmin, RoleCompliance, RoleAnalyst} }

// Values lists them all.
func (Role) Values() []Role { return Roles() }

// Validate refuses unknown values.
func (r Role) Validate() error { return oneOf(r, Roles()...) }

// isHex accepts n lower-case hexadecimal digits. It and isWords are not patterns, since every event has several.
func isHex(s string, n int) error {
	if len(s) != n {
		return errValue
	}
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return errValue
		}
	}
	return nil
}

// isWords accepts words of lower-case letters and digits, with one separator between two of them, that begin with a letter.
func isWords(s string, separator byte) error {
	inside := false // a word
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9' && i > 0:
			inside = true
		case c == separator && inside:
			inside = false
		default:
			return errValue
		}
	}
	if !inside {
		return errValue
	}
	return nil
}

// CaseID is an officer's reference to the case a look belongs to, such as DSR-2026-0042.
type CaseID string

var casePattern = regexp.MustCompile(`^[A-Z]{2,8}-[0-9]{1,4}(-[0-9]{1,8})?$`)

// CasePattern describes a case in words.
const CasePattern = "two to eight capital letters, a dash, digits, and optionally a dash and digits, such as DSR-2026-0042"

// Pattern is the regular expression for it.
func (CaseID) Pattern() string { return casePattern.String() }

// Validate refuses anything that does not match CasePattern.
func (c CaseID) Validate() error { return matches(casePattern, string(c)) }

// Slug is a name that an operator gives, such as a service's.
type Slug string

// Pattern is the regular expression for it, but for its length.
func (Slug) Pattern() string { return `^[a-z][a-z0-9]*(-[a-z0-9]+)*$` }

// Lengths are the least and the greatest.
func (Slug) Lengths() (least, most int) { return 2, 40 }

// Validate refuses anything that is not a slug: 2 to 40 lower-case letters, digits and single dashes.
func (s Slug) Validate() error {
	if least, most := s.Lengths(); len(s) < least || len(s) > most {
		return errValue
	}
	return isWords(string(s), '-')
}

// Hash is a SHA-256 or HMAC-SHA-256 in hexadecimal.
type Hash string

// Pattern is the regular expression for it.
func (Hash) Pattern() string { return `^[0-9a-f]{64}$` }

// Validate refuses anything that is not a hash.
func (h Hash) Validate() error { return isHex(string(h), 64) }

// Fingerprint is a keyed hash of a request, 128 bits in hexadecimal: it shows whether two requests are the same and nothing else.
type Fingerprint string

// Validate refuses anything that is not a fingerprint.
func (f Fingerprint) Validate() error { return isHex(string(f), 32) }

// PublishedText is a public text, such as a notice. It is never about a person.
type PublishedText string

// Validate limits the text's length.
func (t PublishedText) Validate() error {
	if t == "" || len(t) > 8<<10 {
		return errValue
	}
	return nil
}

// PublishedLine is a public text on one line, such as a legal person's name or address. It is never about a natural person.
type PublishedLine string

// maxLine bounds a PublishedLine, in characters.
const maxLine = 200

// Validate refuses an empty text, control characters and more than one line.
func (l PublishedLine) Validate() error {
	if strings.TrimSpace(string(l)) != string(l) || l == "" || !utf8.ValidString(string(l)) || utf8.RuneCountInString(string(l)) > maxLine ||
		strings.ContainsFunc(string(l), func(r rune) bool { return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' }) {
		return errValue
	}
	return nil
}
