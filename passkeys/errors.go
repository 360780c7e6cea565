package passkeys

import "fmt"

// Reason is why an answer is refused.
type Reason string

// Reasons.
const (
	Malformed     Reason = "malformed"      // it is not the answer to such a ceremony
	Foreign       Reason = "foreign"        // its challenge is not ours, was made for something or somebody else, or before a restore
	Expired       Reason = "expired"        // its challenge is too old
	Early         Reason = "early"          // its challenge is from the future: the clocks of two processes differ
	OtherOrigin   Reason = "other_origin"   // made on another page, or in a frame of one
	OtherParty    Reason = "other_party"    // made for another relying party
	Absent        Reason = "absent"         // nobody was there
	Unverified    Reason = "unverified"     // the authenticator did not make sure that it was its user
	Unknown       Reason = "unknown"        // of another passkey, or of another account's
	BadBackup     Reason = "bad_backup"     // it says that it is backed up but cannot be, or cannot be any more
	BadKey        Reason = "bad_key"        // of a kind that was not asked for, or no key
	BadSignature  Reason = "bad_signature"  // not made by the passkey
	CountBackward Reason = "count_backward" // the count of signatures did not rise: there may be a copy of the passkey
)

// Error is a refusal of an answer. It repeats nothing of it.
type Error struct {
	Reason Reason
	// Field is a JSON pointer into the answer, to what is at fault; empty if it is all of it.
	Field string
	cause error
}

const (
	inClientData = "/response/clientDataJSON"
	inAuthData   = "/response/authenticatorData"
	inObject     = "/response/attestationObject"
)

func (e *Error) Error() string {
	if e.Field == "" {
		return "passkeys: " + string(e.Reason)
	}
	return fmt.Sprintf("passkeys: %s (%s)", e.Reason, e.Field)
}

// Unwrap returns what the library says, which can repeat what was sent: not for logs.
func (e *Error) Unwrap() error { return e.cause }

// Is matches refusals by their reason.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Reason == e.Reason
}

// Because is a refusal for a reason, to compare with.
func Because(r Reason) error { return &Error{Reason: r} }
