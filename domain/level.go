package domain

import "time"

// Level is how sure the ledger is of who is signed in (NIST SP 800-63B-4, authenticator assurance levels).
type Level int

// Levels.
const (
	LevelOne Level = 1 // one factor was proven
	LevelTwo Level = 2 // two were, or a passkey by which its authenticator knew its user
)

// AuthMethod is a way in which somebody proved who they are.
type AuthMethod string

// Methods.
const (
	MethodPassword     AuthMethod = "password"
	MethodCode         AuthMethod = "code" // sent to an address of the account; beside the password it is no second factor
	MethodTOTP         AuthMethod = "totp" // the code of an authenticator app
	MethodPasskey      AuthMethod = "passkey"
	MethodRecoveryCode AuthMethod = "recovery_code"
)

// Values lists them all.
func (AuthMethod) Values() []AuthMethod {
	return []AuthMethod{MethodPassword, MethodCode, MethodTOTP, MethodPasskey, MethodRecoveryCode}
}

var passwordAlone = []AuthMethod{MethodPassword}

// PasswordAlone are the ways of who has a password and nothing else. They are not to be written to.
func PasswordAlone() []AuthMethod { return passwordAlone }

// Validate refuses unknown values.
func (m AuthMethod) Validate() error { return oneOf(m, m.Values()...) }

// StepUp is what a caller has to prove before they may do something: that they are who signed in, lately enough and at least so surely
// (OWASP ASVS 7.5.3).
type StepUp struct {
	Level  Level
	MaxAge time.Duration // of the last proof
	Ways   []AuthMethod  // that can prove it; one of them is enough
}

// StepUpRequired is the refusal of a caller whose last proof was of a lower level or is older than a time.
func StepUpRequired(level Level, maxAge time.Duration, ways []AuthMethod) error {
	e := *ErrStepUp
	e.StepUp = &StepUp{Level: level, MaxAge: maxAge, Ways: ways}
	return &e
}
