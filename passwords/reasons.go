package passwords

import "fmt"

// Reason says why a password was refused. The set is closed.
type Reason string

const (
	// TooShort: fewer characters than Policy.MinLength.
	TooShort Reason = "too_short"
	// TooLong: more characters than Policy.MaxLength.
	TooLong Reason = "too_long"
	// Common: on the list of common passwords, or a simple pattern.
	Common Reason = "common"
	// Breached: in the file of breached passwords.
	Breached Reason = "breached"
	// LikeIdentifier: similar to the person's e-mail address, another of their identifiers, or one of Policy.Words.
	LikeIdentifier Reason = "like_identifier"
	// NotMixed: fewer than three kinds of characters where the policy requires them.
	NotMixed Reason = "not_mixed"
	// Invalid: control characters or invalid UTF-8, or characters unknown to Unicode.
	Invalid Reason = "invalid"
)

// Reasons lists them all.
func Reasons() []Reason {
	return []Reason{TooShort, TooLong, Common, Breached, LikeIdentifier, NotMixed, Invalid}
}

// RejectedError refuses a password. It says why, and nothing about the password.
type RejectedError struct {
	Reason Reason
	// Limit is the limit in characters for TooShort and TooLong, otherwise 0.
	Limit int
}

// Error names the reason, for logs.
func (e *RejectedError) Error() string { return "passwords: refused: " + string(e.Reason) }

// Message is a sentence in English for the person who chose the password.
func (e *RejectedError) Message() string {
	switch e.Reason {
	case TooShort:
		return fmt.Sprintf("Use at least %d characters.", e.Limit)
	case TooLong:
		return fmt.Sprintf("Use at most %d characters.", e.Limit)
	case Common:
		return "This password is one of those that are tried first. Choose one that nobody else would think of."
	case Breached:
		return "This password is known from a data breach elsewhere. Choose another, and change it wherever you use it."
	case LikeIdentifier:
		return "This password is too much like your e-mail address or a name that others know. Choose another."
	case NotMixed:
		return "Use at least three of: lower-case letters, upper-case letters, digits, other characters."
	case Invalid:
		return "This password holds characters that cannot be used, such as control characters."
	default:
		return "This password cannot be used."
	}
}
