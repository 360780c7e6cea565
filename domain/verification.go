package domain

import "time"

const (
	// CodeLifetime bounds how long a code holds (OWASP ASVS 4.0, 2.7.2: ten minutes).
	CodeLifetime = 10 * time.Minute
	// ResendPause: a resend within it repeats the issue, so that a double click does no harm.
	ResendPause = time.Minute
	// MaxTries ends a verification; a new code gives no new tries (NIST SP 800-63B, 5.1.3.2 asks for a limit).
	MaxTries = 5
	// MaxIssues bounds the codes of one verification.
	MaxIssues = 10
	// MaxAhead: what claims to come from further ahead than this counts as expired.
	MaxAhead = 2 * time.Minute
)

// VerificationIssued: a new code took the place of the old one. A verification's first
// issue needs no event: it derives from what asked for it.
type VerificationIssued struct {
	Issue    int     `json:"issue"`
	Purpose  Purpose `json:"purpose"`
	LongCode bool    `json:"long_code,omitzero"`
}

// VerifySignUp is what the verification of a sign-up is for.
const VerifySignUp Purpose = "sign_up"

// VerificationFailed: a wrong code was tried.
type VerificationFailed struct {
	Issue      int  `json:"issue"`
	Try        int  `json:"try"`
	FirstOfDay bool `json:"first_of_day,omitzero"`
}

// VerificationPassed: the right code was given. It decides: a code passes once.
type VerificationPassed struct {
	Issue int `json:"issue"`
}

// VerificationEndReason is why a verification can pass no more.
type VerificationEndReason string

// Reasons.
const (
	EndTries   VerificationEndReason = "too_many_tries"
	EndExpired VerificationEndReason = "expired"
)

// Validate refuses what is no reason.
func (r VerificationEndReason) Validate() error { return oneOf(r, EndTries, EndExpired) }

// VerificationEnded: it can pass no more.
type VerificationEnded struct {
	Reason     VerificationEndReason `json:"reason"`
	FirstOfDay bool                  `json:"first_of_day,omitzero"` // of the identifier's first sign-up of a day
}

// Verification is the state of proving one identifier.
type Verification struct {
	Issue    int
	IssuedAt time.Time
	// Long: the code of the issue carries 64 bit.
	Long   bool
	Tries  int
	Passed bool
	Ended  VerificationEndReason
	failed Day // last day with a failure
}

// NewVerification is a verification as its request makes it: with its first issue.
func NewVerification(at time.Time) Verification { return Verification{Issue: 1, IssuedAt: at} }

// Apply assigns what a fact says.
func (v *Verification) Apply(f Fact) error {
	switch e := f.Event.(type) {
	case VerificationIssued:
		v.Issue, v.IssuedAt, v.Long = e.Issue, f.At, e.LongCode
	case VerificationFailed:
		v.Tries, v.failed = e.Try, DayOf(f.At)
	case VerificationPassed:
		v.Passed = true
	case VerificationEnded:
		v.Ended = e.Reason
	default:
		return unexpected(f)
	}
	return nil
}

// Resend decides on asking for a code again: an event for a new issue, or none when the current one is repeated. long
// asks for a code that cannot be guessed.
func (v *Verification) Resend(long bool, now time.Time) ([]any, error) {
	switch {
	case v.Passed || v.Ended != "":
		return nil, ErrEnded
	case now.Before(v.IssuedAt.Add(ResendPause)) && !v.IssuedAt.After(now.Add(MaxAhead)):
		return nil, nil
	case v.Issue >= MaxIssues:
		return nil, ErrRate.After(int(SignUpLifetime / time.Second))
	}
	return []any{VerificationIssued{Issue: v.Issue + 1, Purpose: VerifySignUp, LongCode: long}}, nil
}

// Check decides on a code. right tells whether it is the code of the current issue and may pass at all. The
// events are to be stored whatever the error says.
func (v *Verification) Check(right bool, now time.Time) ([]any, error) {
	expired := now.After(v.IssuedAt.Add(CodeLifetime)) || v.IssuedAt.After(now.Add(MaxAhead))
	switch {
	case v.Passed || v.Ended != "":
		return nil, ErrEnded
	case right && !expired:
		return []any{VerificationPassed{Issue: v.Issue}}, nil
	}
	failed := VerificationFailed{Issue: v.Issue, Try: v.Tries + 1, FirstOfDay: v.failed != DayOf(now)}
	if failed.Try >= MaxTries {
		return []any{failed, VerificationEnded{Reason: EndTries}}, ErrEnded
	}
	return []any{failed}, ErrCode
}
