package domain

import "time"

const (
	// CodeLifetime is how long a code is valid (OWASP ASVS 4.0, 2.7.2: ten minutes).
	CodeLifetime = 10 * time.Minute
	// ResendPause: a resend within it repeats the issue, so that a double click does no harm.
	ResendPause = time.Minute
	// MaxTries is how many wrong codes end a verification; a new code does not reset it (NIST SP 800-63B, 5.1.3.2 requires a limit).
	MaxTries = 5
	// MaxIssues is how many codes a verification can have.
	MaxIssues = 10
	// MaxAhead: anything dated further in the future than this counts as expired.
	MaxAhead = 2 * time.Minute
)

// VerificationIssued: a new code replaced the old one. A verification's first issue needs no event: it derives from the
// request.
type VerificationIssued struct {
	Issue    int     `json:"issue"`
	Purpose  Purpose `json:"purpose"`
	LongCode bool    `json:"long_code,omitzero"`
}

// VerifySignUp is the purpose of a sign-up's verification.
const VerifySignUp Purpose = "sign_up"

// VerificationFailed: a wrong code was tried.
type VerificationFailed struct {
	Issue      int  `json:"issue"`
	Try        int  `json:"try"`
	FirstOfDay bool `json:"first_of_day,omitzero"`
}

// VerificationPassed: the right code was given. This event decides, so a code passes once.
type VerificationPassed struct {
	Issue int `json:"issue"`
}

// VerificationEndReason is why a verification ended.
type VerificationEndReason string

// Reasons.
const (
	EndTries   VerificationEndReason = "too_many_tries"
	EndExpired VerificationEndReason = "expired"
)

// Validate refuses unknown values.
func (r VerificationEndReason) Validate() error { return oneOf(r, EndTries, EndExpired) }

// VerificationEnded: it can no longer pass.
type VerificationEnded struct {
	Reason     VerificationEndReason `json:"reason"`
	FirstOfDay bool                  `json:"first_of_day,omitzero"` // the sign-up was the identifier's first of the day
}

// Verification is the state of verifying one identifier.
type Verification struct {
	Issue    int
	IssuedAt time.Time
	// Long: the code of this issue has 64 bits.
	Long   bool
	Tries  int
	Passed bool
	Ended  VerificationEndReason
	failed Day // last day with a failure
}

// NewVerification is a verification as its request starts it, with its first issue.
func NewVerification(at time.Time) Verification { return Verification{Issue: 1, IssuedAt: at} }

// Apply applies a fact to the state.
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

// Resend decides on a request for a new code: an event for a new issue, or none if the current one is repeated. long asks
// for a code that cannot be guessed.
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

// Check decides on a code. right says whether it is the code of the current issue and may pass at all. The events must be
// stored even if there is an error. After the code has expired nothing is a try: no code can pass, so none is guessed.
func (v *Verification) Check(right bool, now time.Time) ([]any, error) {
	switch {
	case v.Passed:
		return nil, ErrVerified
	case v.Ended != "":
		return nil, ErrEnded
	case now.After(v.IssuedAt.Add(CodeLifetime)) || v.IssuedAt.After(now.Add(MaxAhead)):
		return nil, ErrCodeExpired
	case right:
		return []any{VerificationPassed{Issue: v.Issue}}, nil
	}
	failed := VerificationFailed{Issue: v.Issue, Try: v.Tries + 1, FirstOfDay: v.failed != DayOf(now)}
	if failed.Try >= MaxTries {
		return []any{failed, VerificationEnded{Reason: EndTries}}, ErrEnded
	}
	return []any{failed}, ErrCode
}
