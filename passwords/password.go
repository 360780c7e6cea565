// Package passwords decides which passwords are good enough and hashes them with Argon2id.
//
// The rules are those of NIST SP 800-63B revision 4 (3.1.1.2) and OWASP ASVS 5.0
// (6.2): length, lists of common and breached passwords and of words related to the
// person, every printable character allowed, no truncation, no forced change.
package passwords

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"unicode/utf8"

	"golang.org/x/text/secure/precis"
)

const redacted = "[password]"

// errNotPreparable is for callers of prepare.
var errNotPreparable = errors.New("passwords: invalid characters")

// Password is a password as typed. It prints as [password] with every verb of fmt, in slog and in JSON, also inside
// another struct; only this package can read it. The zero Password is empty.
type Password struct{ text *string } // behind a pointer, since fmt looks into unexported fields

// New makes a Password of what was typed.
func New(text string) Password { return Password{text: &text} }

// String is [password].
func (Password) String() string { return redacted }

// Format writes [password], whatever the verb.
func (Password) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, redacted) }

// LogValue is [password].
func (Password) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText returns [password].
func (Password) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// UnmarshalText reads a password as typed, for request bodies.
func (p *Password) UnmarshalText(text []byte) error {
	*p = New(string(text))
	return nil
}

// IsZero reports whether nothing was typed.
func (p Password) IsZero() bool { return p.text == nil }

// Same reports whether two passwords are one, as they are checked.
func (p Password) Same(other Password) bool {
	one, err := p.prepare()
	if err != nil {
		return false
	}
	two, err := other.prepare()
	return err == nil && one == two
}

func (p Password) reveal() string {
	if p.text == nil {
		return ""
	}
	return *p.text
}

// prepare brings a password into the form in which it is checked and hashed: RFC 8265's OpaqueString profile, which is
// Unicode NFC with every kind of space as U+0020, case kept. It refuses control characters, invalid UTF-8, and characters
// that this version of Unicode does not know, whose form could change later.
func (p Password) prepare() (string, error) {
	text := p.reveal()
	if !utf8.ValidString(text) {
		return "", errNotPreparable
	}
	prepared, err := precis.OpaqueString.String(text)
	if err != nil {
		return "", errNotPreparable // the error's text may repeat characters
	}
	return prepared, nil
}
