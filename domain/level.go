package domain

import "time"

// Level is how sure the ledger is of who is signed in (NIST SP 800-63B-4, authenticator assurance levels).
type Level int

// LevelOne: one factor was proven. Two factors are not offered yet, so every account's highest level is one.
const LevelOne Level = 1

// AuthMethod is a way in which somebody proved who they are.
type AuthMethod string

// Methods.
const (
	MethodPassword AuthMethod = "password"
	MethodCode     AuthMethod = "code" // sent to an address of the account; beside the password it is no second factor
)

// Values lists them all.
func (AuthMethod) Values() []AuthMethod { return []AuthMethod{MethodPassword, MethodCode} }

// Validate refuses unknown values.
func (m AuthMethod) Validate() error { return oneOf(m, m.Values()...) }

// StepUp is what a caller has to prove before they may do something: that they are who signed in, lately enough and at least so surely
// (OWASP ASVS 7.5.3).
type StepUp struct {
	Level  Level
	MaxAge time.Duration // of the last proof
	Ways   []AuthMethod  // that can prove it
}

// StepUpRequired is the refusal of a caller whose last proof is older than a time.
func StepUpRequired(maxAge time.Duration) error {
	e := *ErrStepUp
	e.StepUp = &StepUp{Level: LevelOne, MaxAge: maxAge, Ways: []AuthMethod{MethodPassword}}
	return &e
}
