package domain

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"time"
)

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

// VerificationLifetime is how long a verification can pass unless its purpose has a time of its own; then it ends and its key is destroyed.
const VerificationLifetime = SignUpLifetime

// VerificationPurpose is what passing a verification is for. A code of one purpose never passes for another.
type VerificationPurpose string

// Purposes.
const (
	VerifySignUp     VerificationPurpose = "sign_up"
	VerifyAddContact VerificationPurpose = "add_contact"
	VerifySignIn     VerificationPurpose = "sign_in" // of an address that the account has, from a client that is not known
	VerifyRecover    VerificationPurpose = "recover" // of an address that an account has, whose password is lost
)

// Values lists them all.
func (VerificationPurpose) Values() []VerificationPurpose {
	return []VerificationPurpose{VerifySignUp, VerifyAddContact, VerifySignIn, VerifyRecover}
}

// Validate refuses unknown values.
func (p VerificationPurpose) Validate() error { return oneOf(p, p.Values()...) }

// OfAccount reports whether an account asks for verifications for it; strangers ask for the others, and their requests are in streams of
// their own, with their own keys.
func (p VerificationPurpose) OfAccount() bool { return p != VerifySignUp && p != VerifyRecover }

// Lifetime is how long a verification for it can pass.
func (p VerificationPurpose) Lifetime() time.Duration {
	if p == VerifySignIn {
		return SignInLifetime
	}
	return VerificationLifetime
}

// VerificationRequested: an account wants to prove an address. The event is the same whether or not the address is another
// account's. That of a sign-up or a recovery has no such event: SignUpRequested or RecoveryRequested is its request.
type VerificationRequested struct {
	Purpose    VerificationPurpose `json:"purpose"`
	Kind       IdentifierKind      `json:"kind"`
	Medium     Medium              `json:"medium"`
	Account    AccountID           `json:"account"`
	HandleHash Hash                `json:"handle_hash"` // of the handle in the answer, which check and resend require
	LongCode   bool                `json:"long_code,omitzero"`
	Delivery   DeliveryID          `json:"delivery"` // of the message it asks for
	Contact    Part[Contact]       `json:"contact"`
}

// VerificationRequest is what a verification began with.
type VerificationRequest struct {
	VerificationRequested
	ID   VerificationID
	Fact Fact // the request
}

// RequestOf is a verification's request as stored; false if the fact is none.
func RequestOf(f Fact) (r VerificationRequest, ok bool) {
	id, isID := streamOf(f.Stream)
	r.ID, r.Fact = VerificationID{id}, f
	switch e := f.Event.(type) {
	case VerificationRequested:
		r.VerificationRequested = e
	case SignUpRequested:
		r.VerificationRequested = VerificationRequested{Purpose: VerifySignUp, Kind: e.Kind, Medium: MediumEmail, HandleHash: e.HandleHash,
			LongCode: e.LongCode, Delivery: e.Delivery, Contact: e.Contact, Account: openedBy(f)}
	case RecoveryRequested:
		r.VerificationRequested = VerificationRequested{Purpose: VerifyRecover, Kind: e.Kind, Medium: e.Medium, HandleHash: e.HandleHash,
			LongCode: e.LongCode, Delivery: e.Delivery, Contact: e.Contact}
	default:
		return r, false
	}
	return r, isID
}

// Owns compares a handle with the request's in constant time.
func (r *VerificationRequest) Owns(handle string) bool {
	return subtle.ConstantTimeCompare([]byte(HashHandle(handle)), []byte(r.HandleHash)) == 1
}

// Due is when the verification ends unless it passes.
func (r *VerificationRequest) Due() time.Time { return r.Fact.At.Add(r.Purpose.Lifetime()) }

// Start is the verification as its request starts it, with its first issue.
func (r *VerificationRequest) Start() Verification {
	return Verification{Purpose: r.Purpose, Medium: r.Medium, RequestedAt: r.Fact.At, Issue: 1, IssuedAt: r.Fact.At, Long: r.LongCode}
}

// End gives the event that ends the verification.
func (r *VerificationRequest) End(why VerificationEndReason) VerificationEnded {
	return VerificationEnded{Reason: why, Purpose: r.Purpose, RequestedOn: DayOf(r.Fact.At)}
}

// Code is what the code of an issue derives from.
func (r *VerificationRequest) Code(v Verification, c Contact) CodeInput {
	return CodeInput{Purpose: r.Purpose, Verification: r.ID, Issue: v.Issue, Medium: v.Medium, Destination: c.Normalised, Long: v.Long}
}

// HashHandle is the hash of a handle that the log keeps: handles are random, so a plain hash is enough.
func HashHandle(handle string) Hash {
	h := sha256.Sum256([]byte("accountledger/handle/1\x00" + handle))
	return Hash(hex.EncodeToString(h[:]))
}

// VerificationIssued: a new code replaced the old one. A verification's first issue needs no event: it derives from the
// request.
type VerificationIssued struct {
	Issue    int                 `json:"issue"`
	Purpose  VerificationPurpose `json:"purpose"`
	Medium   Medium              `json:"medium"`
	LongCode bool                `json:"long_code,omitzero"`
	Delivery DeliveryID          `json:"delivery"` // of the message it asks for
}

// VerificationFailed: a wrong code was tried.
type VerificationFailed struct {
	Issue       int                 `json:"issue"`
	Try         int                 `json:"try"`
	Purpose     VerificationPurpose `json:"purpose"`
	RequestedOn Day                 `json:"requested_on"`
}

// VerificationPassed: the right code was given. This event decides, so a code passes once.
type VerificationPassed struct {
	Issue       int                 `json:"issue"`
	Purpose     VerificationPurpose `json:"purpose"`
	RequestedOn Day                 `json:"requested_on"`
	Took        Took                `json:"took"`
	Nth         Nth                 `json:"nth"` // the number of the code tried that was right
}

// VerificationEndReason is why a verification ended.
type VerificationEndReason string

// Reasons.
const (
	EndTries     VerificationEndReason = "too_many_tries"
	EndExpired   VerificationEndReason = "expired"
	EndTaken     VerificationEndReason = "taken"     // passed, but another account was quicker
	EndFull      VerificationEndReason = "full"      // passed, but the account has as many contacts as it can have
	EndCancelled VerificationEndReason = "cancelled" // the account is being erased
	EndRestored  VerificationEndReason = "restored"
)

// Validate refuses unknown values.
func (r VerificationEndReason) Validate() error {
	return oneOf(r, EndTries, EndExpired, EndTaken, EndFull, EndCancelled, EndRestored)
}

// Refusal is what the right code is told once a verification has ended so; nil for none.
func (r VerificationEndReason) Refusal() error {
	switch r {
	case "":
		return nil
	case EndTaken:
		return ErrTaken
	case EndFull:
		return ErrContacts
	case EndTries, EndExpired, EndCancelled, EndRestored:
	}
	return ErrEnded
}

// VerificationEnded: it can no longer pass, or what it was for cannot be done.
type VerificationEnded struct {
	Reason      VerificationEndReason `json:"reason"`
	Purpose     VerificationPurpose   `json:"purpose"`
	RequestedOn Day                   `json:"requested_on"`
}

// Verification is the state of verifying one identifier.
type Verification struct {
	Purpose     VerificationPurpose
	Medium      Medium
	RequestedAt time.Time
	Issue       int
	IssuedAt    time.Time
	// Long: the code of this issue has 64 bits.
	Long     bool
	Tries    int
	Passed   bool
	PassedAt Nth // the number of the code tried that was right
	Ended    VerificationEndReason
}

// Apply applies a fact to the state.
func (v *Verification) Apply(f Fact) error {
	switch e := f.Event.(type) {
	case VerificationRequested: // Start has it
	case VerificationIssued:
		v.Issue, v.IssuedAt, v.Medium, v.Long = e.Issue, f.At, e.Medium, e.LongCode
	case VerificationFailed:
		v.Tries = e.Try
	case VerificationPassed:
		v.Passed, v.PassedAt = true, e.Nth
	case VerificationEnded:
		v.Ended = e.Reason
	default:
		return unexpected(f)
	}
	return nil
}

// NextIssue decides on a request for a new code: the number of the issue that would have it, or 0 if the current one is repeated.
func (v *Verification) NextIssue(now time.Time) (int, error) {
	switch {
	case v.Passed || v.Ended != "":
		return 0, ErrEnded
	case now.Before(v.IssuedAt.Add(ResendPause)) && !v.IssuedAt.After(now.Add(MaxAhead)):
		return 0, nil
	case v.Issue >= MaxIssues:
		return 0, ErrRate.After(int(VerificationLifetime / time.Second))
	}
	return v.Issue + 1, nil
}

// Resend makes an issue whose message was admitted, unless another request was quicker: then there is no event, and the current one is
// repeated. long asks for a code that cannot be guessed.
func (v *Verification) Resend(issue int, admitted DeliveryID, long bool, now time.Time) ([]any, error) {
	if next, err := v.NextIssue(now); err != nil || next != issue {
		return nil, err
	}
	return []any{VerificationIssued{Issue: issue, Purpose: v.Purpose, Medium: v.Medium, LongCode: long, Delivery: admitted}}, nil
}

// Check decides on a code. right says whether it is the code of the current issue and may pass at all. The events must be
// stored even if there is an error. After the code has expired nothing is a try: no code can pass, so none is guessed.
func (v *Verification) Check(right bool, now time.Time) ([]any, error) {
	on := DayOf(v.RequestedAt)
	switch {
	case v.Passed:
		return nil, ErrVerified
	case v.Ended != "":
		return nil, ErrEnded
	case now.After(v.IssuedAt.Add(CodeLifetime)) || v.IssuedAt.After(now.Add(MaxAhead)):
		return nil, ErrCodeExpired
	case right:
		return []any{VerificationPassed{Issue: v.Issue, Purpose: v.Purpose, RequestedOn: on, Took: TookBetween(v.RequestedAt, now),
			Nth: NthAfter(v.Tries)}}, nil
	}
	failed := VerificationFailed{Issue: v.Issue, Try: v.Tries + 1, Purpose: v.Purpose, RequestedOn: on}
	if failed.Try >= MaxTries {
		return []any{failed, VerificationEnded{Reason: EndTries, Purpose: v.Purpose, RequestedOn: on}}, ErrEnded
	}
	return []any{failed}, ErrCode
}
