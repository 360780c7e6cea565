package passwords

import (
	"errors"
	"fmt"
	"unicode"
	"unicode/utf8"
)

const (
	// DefaultMinLength and DefaultMinAlone are NIST's minimums for a password that is used with a second factor and for one that is the
	// only factor (SP 800-63B-4, 3.1.1.2).
	DefaultMinLength = 8
	DefaultMinAlone  = 15
	// DefaultMaxLength is ASVS's maximum; NIST requires that at least 64 be allowed.
	DefaultMaxLength = 128
	// Longest limits MaxLength, so that checking a password is always cheap.
	Longest = 1024
)

// Policy is what an operator can configure. The zero Policy is the default.
type Policy struct {
	// MinLength, MinAlone and MaxLength count characters (Unicode code points) after normalisation; 0 means 8, 15 and 128. MinAlone is
	// for a password that is the only factor; the higher of both holds then. Fewer than 15 are below NIST's standard.
	MinLength, MinAlone, MaxLength int
	// RequireMixed requires three of: lower case, upper case, digits, others. NIST and ASVS advise against such rules; it
	// is for operators who must have them.
	RequireMixed bool
	// Breached is the path of a file of breached passwords in the format of Have I Been
	// Pwned: lines of SHA-1 in hex, a colon and a count, sorted by hash. Empty: no file.
	Breached string
	// Words are well-known names, such as the service's, which a password must not be similar to.
	Words []string
}

// Limit is the length in characters that a reason is about, for a use: the least for TooShort, the greatest for TooLong, and 0 for all others.
func (p Policy) Limit(r Reason, use Use) int {
	switch r {
	case TooShort:
		if use == Alone {
			return p.MinAlone
		}
		return p.MinLength
	case TooLong:
		return p.MaxLength
	default:
		return 0
	}
}

// Checker checks passwords against a policy. It is safe for concurrent use.
type Checker struct {
	policy   Policy
	common   commonList
	breached *breachedFile
}

// NewChecker loads the list of common passwords (about 2 MB of memory) and opens the file of breached ones; ErrBreachedFile
// if it is unusable.
func NewChecker(p Policy) (*Checker, error) {
	if p.MinLength == 0 {
		p.MinLength = DefaultMinLength
	}
	if p.MinAlone == 0 {
		p.MinAlone = DefaultMinAlone
	}
	p.MinAlone = max(p.MinAlone, p.MinLength)
	if p.MaxLength == 0 {
		p.MaxLength = DefaultMaxLength
	}
	if p.MinLength < 1 || p.MaxLength < p.MinAlone || p.MaxLength > Longest {
		return nil, fmt.Errorf("passwords: lengths must be 1 <= minimum <= maximum <= %d", Longest)
	}
	common, err := loadCommon()
	if err != nil {
		return nil, err
	}
	c := &Checker{policy: p, common: common}
	if p.Breached != "" {
		if c.breached, err = openBreached(p.Breached); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// Policy is what passwords are checked against, with its lengths set.
func (c *Checker) Policy() Policy { return c.policy }

// Close closes the file of breached passwords.
func (c *Checker) Close() error {
	if c.breached == nil {
		return nil
	}
	return c.breached.close()
}

// Use is what a password is used for.
type Use int

// Uses.
const (
	Alone      Use = iota // it is the only factor
	WithFactor            // beside a second factor
)

// Check refuses a password with *RejectedError. identifiers are what others know about the person: e-mail address, phone
// number, name. ErrBreachedFile means that the file could not be read and says nothing about the password.
func (c *Checker) Check(p Password, use Use, identifiers ...string) error {
	text, err := c.checkForm(p, use)
	if err != nil {
		return err
	}
	if c.policy.RequireMixed && kinds(text) < 3 {
		return &RejectedError{Reason: NotMixed}
	}
	folded := fold(text)
	if c.common.has(folded) {
		return &RejectedError{Reason: Common}
	}
	for _, id := range identifiers {
		if likeIdentifier(folded, fold(id)) {
			return &RejectedError{Reason: LikeIdentifier}
		}
	}
	for _, word := range c.policy.Words {
		if likeIdentifier(folded, fold(word)) {
			return &RejectedError{Reason: LikeIdentifier}
		}
	}
	if c.breached == nil {
		return nil
	}
	found, err := c.breached.has(text)
	if err == nil && found {
		err = &RejectedError{Reason: Breached}
	}
	return err
}

// checkForm prepares a password and checks its length.
func (c *Checker) checkForm(p Password, use Use) (string, error) {
	fewest := c.policy.Limit(TooShort, use)
	tooShort := &RejectedError{Reason: TooShort, Limit: fewest}
	tooLong := &RejectedError{Reason: TooLong, Limit: c.policy.MaxLength}
	switch typed := utf8.RuneCountInString(p.reveal()); {
	case typed == 0:
		return "", tooShort
	case typed > 4*c.policy.MaxLength: // normalisation combines at most three characters into one
		return "", tooLong
	}
	text, err := p.prepare()
	if errors.Is(err, errNotPreparable) {
		return "", &RejectedError{Reason: Invalid}
	}
	switch n := utf8.RuneCountInString(text); {
	case n < fewest:
		return "", tooShort
	case n > c.policy.MaxLength:
		return "", tooLong
	}
	return text, nil
}

// kinds counts the kinds of characters: lower case, upper case, digits, others.
func kinds(text string) int {
	var lower, upper, digit, other int
	for _, r := range text {
		switch {
		case unicode.IsLower(r):
			lower = 1
		case unicode.IsUpper(r):
			upper = 1
		case unicode.IsDigit(r):
			digit = 1
		default:
			other = 1
		}
	}
	return lower + upper + digit + other
}
