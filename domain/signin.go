package domain

import "time"

// SignInLifetime is for how long a sign-in that needs more than the password can be continued.
const SignInLifetime = CodeLifetime

// SignInNeed is what a sign-in needs beside the password.
type SignInNeed string

// NeedCode is a code that was sent to the first of the account's addresses.
const NeedCode SignInNeed = "code"

// Values lists them all.
func (SignInNeed) Values() []SignInNeed { return []SignInNeed{NeedCode} }

// Validate refuses unknown values.
func (n SignInNeed) Validate() error { return oneOf(n, n.Values()...) }

// SignInBegun: somebody gave the right password, and has to prove more before a session starts. A wrong password leaves no event. The
// verification of a code has the sign-in's id.
type SignInBegun struct {
	Methods []AuthMethod `json:"methods"` // by which they have proven who they are so far
	Needs   []SignInNeed `json:"needs"`
	Unusual []Unusual    `json:"unusual"` // why
	Expires time.Time    `json:"expires"`
	OwnerAt int64        `json:"owner_at"` // version of the account's stream at sign-in: signing out everywhere ends it
}

// SignInPassed: all that was needed was proven, and the session has started.
type SignInPassed struct {
	Session SessionID `json:"session"`
}

// SignIn is the state of a sign-in that needs more than the password.
type SignIn struct {
	Begun  *SignInBegun
	Fact   Fact      // that began it
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
	case SignInPassed:
		s.Passed = e.Session
	default:
		return unexpected(f)
	}
	return nil
}

// Open reports whether it can be continued now. A restore ends it.
func (s *SignIn) Open(everywhereAt int64, now time.Time) bool {
	return s.Begun != nil && !s.Fact.Restored && s.Begun.OwnerAt >= everywhereAt && now.Before(s.Begun.Expires) && !s.Fact.At.After(now.Add(MaxAhead))
}

// Pass decides on the session that it became; none if that is recorded.
func (s *SignIn) Pass(id SessionID) []any {
	if !s.Passed.IsZero() {
		return nil
	}
	return []any{SignInPassed{Session: id}}
}
