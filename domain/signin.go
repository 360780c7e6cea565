package domain

import (
	"crypto/subtle"
	"time"
)

// SignInLifetime is for how long a sign-in that needs more than the password can be continued.
const SignInLifetime = CodeLifetime

// SignInBegun: somebody gave the right password, and has to prove more before a session starts. A wrong password leaves no event. The
// verification of a code has the sign-in's id.
type SignInBegun struct {
	Methods    []AuthMethod `json:"methods"` // by which they have proven who they are so far
	Needs      []AuthMethod `json:"needs"`   // one of them is needed
	Unusual    []Unusual    `json:"unusual,omitzero"`
	HandleHash Hash         `json:"handle_hash"` // of the handle in the answer, which continuing requires
	Expires    time.Time    `json:"expires"`
	OwnerAt    int64        `json:"owner_at"` // version of the account's stream at sign-in: signing out everywhere ends it
}

// SignInFailed: what was given beside the password was wrong. MaxTries of them end the sign-in.
type SignInFailed struct {
	Method AuthMethod `json:"method"`
	Try    int        `json:"try"` // the first is 1
}

// SignInPassed: all that was needed was proven, and the session has started.
type SignInPassed struct {
	Session SessionID `json:"session"`
}

// SignIn is the state of a sign-in that needs more than the password.
type SignIn struct {
	Begun  *SignInBegun
	Fact   Fact // that began it
	Tries  int
	Passed SessionID // zero until then
}

// Fork returns a copy to apply facts to.
func (s *SignIn) Fork() *SignIn {
	next := *s
	return &next
}

// Apply applies a fact to the state.
func (s *SignIn) Apply(f Fact) error {
	switch e := f.Event.(type) {
	case SignInBegun:
		s.Begun, s.Fact = &e, f
	case SignInFailed:
		s.Tries = e.Try
	case SignInPassed:
		s.Passed = e.Session
	default:
		return unexpected(f)
	}
	return nil
}

// Owns reports whether a handle is the sign-in's own.
func (s *SignIn) Owns(handle string) bool {
	return s.Begun != nil && subtle.ConstantTimeCompare([]byte(HashHandle(handle)), []byte(s.Begun.HandleHash)) == 1
}

// Open reports whether it can be continued now. A restore ends it.
func (s *SignIn) Open(everywhereAt int64, now time.Time) bool {
	return s.Begun != nil && s.Tries < MaxTries && !s.Fact.Restored && s.Begun.OwnerAt >= everywhereAt && now.Before(s.Begun.Expires) &&
		!s.Fact.At.After(now.Add(MaxAhead))
}

// Fail decides on counting what was wrong: ErrSignInEnded if it has ended by others that came before.
func (s *SignIn) Fail(method AuthMethod) ([]any, error) {
	if s.Tries >= MaxTries {
		return nil, ErrSignInEnded
	}
	return []any{SignInFailed{Method: method, Try: s.Tries + 1}}, nil
}

// Pass decides on the session that it became; none if that is recorded.
func (s *SignIn) Pass(id SessionID) []any {
	if !s.Passed.IsZero() {
		return nil
	}
	return []any{SignInPassed{Session: id}}
}
