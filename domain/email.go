package domain

import (
	"fmt"
	"log/slog"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
)

// Contact is a person's identifier: as typed, for people to see, and normalised, for comparison. It is personal and prints as
// [personal].
type Contact struct {
	Kind       IdentifierKind `json:"kind"`
	Typed      string         `json:"typed"`
	Normalised string         `json:"normalised"`
}

// Format prints [personal] for every verb.
func (Contact) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte(personal)) }

// LogValue logs [personal].
func (Contact) LogValue() slog.Value { return slog.StringValue(personal) }

// Limits of RFC 5321, section 4.5.3.1, in octets.
const (
	maxEmailLocal = 64
	// MaxEmail is how long an address can be, in its ASCII form.
	MaxEmail = 254
)

// ParseEmail parses an address of the usual form: local part, @, host name. The local part is normalised to NFC; comparison
// ignores its case, as every large provider does. The host is converted to lower-case ASCII (IDNA 2008, RFC 5891) and must
// have a dot. Quoted local parts, address literals and comments are refused: nobody signs up with them.
func ParseEmail(s string) (Contact, error) {
	if len(s) > 4*MaxEmail || !utf8.ValidString(s) {
		return Contact{}, ErrEmail
	}
	typed := norm.NFC.String(strings.TrimSpace(s))
	at := strings.LastIndexByte(typed, '@')
	if at < 1 {
		return Contact{}, ErrEmail
	}
	local := typed[:at]
	host, err := idna.Lookup.ToASCII(strings.TrimSuffix(typed[at+1:], "."))
	if err != nil || !validHost(host) || !validLocal(local) {
		return Contact{}, ErrEmail
	}
	host = strings.ToLower(host)
	if len(local)+1+len(host) > MaxEmail {
		return Contact{}, ErrEmail
	}
	return Contact{Kind: IdentifierEmail, Typed: local + "@" + shownHost(host), Normalised: strings.Map(lower, local) + "@" + host}, nil
}

// shownHost is a host name in the letters of its language (RFC 5890, U-labels), or in ASCII where that is not allowed for display.
func shownHost(host string) string {
	if shown, err := idna.Display.ToUnicode(host); err == nil {
		return shown
	}
	return host
}

// lower folds a letter's case (simple case folding), but never turns a non-ASCII letter into an ASCII one: ſam and sam are two
// mailboxes.
func lower(r rune) rune {
	if r < utf8.RuneSelf {
		return unicode.ToLower(r)
	}
	least := r
	for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
		if f >= utf8.RuneSelf {
			least = min(least, f)
		}
	}
	if l := unicode.ToLower(least); l >= utf8.RuneSelf {
		return l
	}
	return least
}

func validLocal(local string) bool {
	if len(local) > maxEmailLocal || local[0] == '.' || local[len(local)-1] == '.' || strings.Contains(local, "..") {
		return false
	}
	for _, r := range local {
		ascii := r < utf8.RuneSelf
		switch {
		case ascii && (r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'):
		case ascii && strings.ContainsRune("!#$%&'*+-/=?^_`{|}~.", r): // atext of RFC 5322, and the dot
		case !ascii && (unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r)): // RFC 6531
		default:
			return false
		}
	}
	return true
}

func validHost(host string) bool {
	labels := strings.Split(host, ".")
	if len(host) > 253 || len(labels) < 2 {
		return false
	}
	for _, l := range labels {
		if l == "" || len(l) > 63 || l[0] == '-' || l[len(l)-1] == '-' {
			return false
		}
		for _, r := range l {
			if r >= utf8.RuneSelf || !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '-' {
				return false
			}
		}
	}
	last := labels[len(labels)-1]
	return len(last) >= 2 && !unicode.IsDigit(rune(last[0])) // not an IP address
}

// MaxText is how long a short text can be, in characters.
const MaxText = 100

// Text normalises a short text, such as a device's name: 1 to 100 characters in NFC without control or other invisible
// characters, surrounding space removed.
func Text(s string) (string, bool) {
	if len(s) > 4*MaxText || !utf8.ValidString(s) {
		return "", false
	}
	s = norm.NFC.String(strings.TrimSpace(s))
	n := utf8.RuneCountInString(s)
	if n < 1 || n > MaxText || strings.ContainsFunc(s, unseen) {
		return "", false
	}
	return s, true
}

// unseen reports invisible characters with an effect: control characters, line breaks, and changes of text direction. Joiners
// and tags are allowed, since emoji and some scripts need them.
func unseen(r rune) bool {
	const joinerNon, joiner, firstTag, lastTag = 0x200c, 0x200d, 0xe0020, 0xe007f
	if r == joinerNon || r == joiner || r >= firstTag && r <= lastTag {
		return false
	}
	return unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp)
}
