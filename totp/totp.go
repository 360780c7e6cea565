package totp

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base32"
	"fmt"
	"net/url"
	"strings"
	"time"
	"unicode"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
)

const (
	// Period is how long a code is shown (OWASP ASVS 5.0, 6.5.5: at most 30 seconds).
	Period = 30 * time.Second
	// Digits is how many digits a code has.
	Digits = 6
	// SeedBytes is the length of a seed (RFC 4226, 4: 160 bits are recommended).
	SeedBytes = 20
)

// NewSeed is a random seed.
func NewSeed() []byte {
	seed := make([]byte, SeedBytes)
	_, _ = rand.Read(seed) // never fails: it ends the program instead
	return seed
}

// Step is the step of time that t is in.
func Step(t time.Time) int64 { return t.Unix() / int64(Period/time.Second) }

// Matching lists the steps whose code it is: of the one before now, now's, and the one after, for clocks that differ (RFC 6238, 5.2). It takes
// the same time for every code of six digits.
func Matching(seed []byte, code string, now time.Time) (steps []int64) {
	code = clean(code)
	for step := Step(now) - 1; step <= Step(now)+1; step++ {
		if right := at(seed, step); subtle.ConstantTimeCompare([]byte(right), []byte(code)) == 1 {
			steps = append(steps, step)
		}
	}
	return steps
}

// Code is what an authenticator app with the seed shows at a time.
func Code(seed []byte, t time.Time) string { return at(seed, Step(t)) }

// at is the code of a step. Authenticator apps know SHA-1 alone; HMAC with it is not affected by its collisions (RFC 6238, appendix).
func at(seed []byte, step int64) string {
	counter := uint64(step) //nolint:gosec // after 1970
	code, err := hotp.GenerateCodeCustom(Text(seed), counter, hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
	if err != nil {
		panic(err) // only for a secret that is not base 32
	}
	return code
}

// clean takes a code as people type it: apps show it in two groups.
func clean(code string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == '-' {
			return -1
		}
		return r
	}, code)
}

// Text is a seed as people type it into an authenticator app: base 32 (RFC 4648).
func Text(seed []byte) string {
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(seed)
}

// Seed reads a seed as Text writes it.
func Seed(text string) ([]byte, error) {
	seed, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(text)
	if err != nil {
		return nil, fmt.Errorf("totp: reading a seed: %w", err)
	}
	return seed, nil
}

// URL is what an authenticator app is set up by, as a link or a QR code. It names the service and whose account it is.
func URL(seed []byte, issuer, account string) string {
	issuer = strings.ReplaceAll(issuer, ":", " ")
	u := url.URL{Scheme: "otpauth", Host: "totp", Path: "/" + issuer + ":" + strings.ReplaceAll(account, ":", " ")}
	u.RawQuery = fmt.Sprintf("secret=%s&issuer=%s&algorithm=SHA1&digits=%d&period=%d", Text(seed), url.PathEscape(issuer), Digits, int(Period/time.Second))
	return u.String()
}
