package domain

import "slices"

// FactorUse is what a factor was used for.
type FactorUse string

// Uses.
const (
	UseSignIn   FactorUse = "sign_in"
	UseRaise    FactorUse = "raise"
	UseRecovery FactorUse = "recovery"
	UseEnrol    FactorUse = "enrol" // the code that showed that an authenticator app was set up
)

// Validate refuses unknown values.
func (u FactorUse) Validate() error { return oneOf(u, UseSignIn, UseRaise, UseRecovery, UseEnrol) }

// FactorUsed: its owner proved who they are by a factor. It is appended at the exact version of the factor's stream and only for what is right,
// so nothing passes twice, in whatever process, and nobody else can make the stream grow.
type FactorUsed struct {
	Factor FactorID   `json:"factor"`
	Kind   FactorKind `json:"kind"`
	For    FactorUse  `json:"for"`
	Step   int64      `json:"step,omitzero"` // of time, of an authenticator app's code (RFC 6238, 4.2)
	// Of a passkey: the hash of the challenge that it answered, and what its authenticator said.
	Challenge Hash          `json:"challenge,omitzero"`
	SignCount int64         `json:"sign_count,omitzero"`
	Backup    PasskeyBackup `json:"backup,omitzero"`
}

// FactorUses is what a factor has been used for, as far as decisions need it.
type FactorUses struct {
	Step    int64      // the last one whose code passed; -1 before the first
	Passkey PasskeyUse // the last one
	passkeyUses
}

// NewFactorUses is a factor before its first use.
func NewFactorUses() *FactorUses { return &FactorUses{Step: -1} }

// Fork returns a copy to apply facts to.
func (u *FactorUses) Fork() *FactorUses {
	next := *u
	return &next
}

// Apply applies a fact to the state.
func (u *FactorUses) Apply(f Fact) error {
	switch e := f.Event.(type) {
	case FactorUsed:
		switch e.Kind {
		case FactorTOTP:
			u.Step = max(u.Step, e.Step)
		case FactorPasskey:
			u.Passkey = PasskeyUse{SignCount: e.SignCount, Backup: e.Backup}
			u.answer(f.At, e.Challenge)
		case FactorRecoveryCodes:
		}
	case FactorDoubted:
		if e.Reason == DoubtCount {
			u.doubted = f.At
		}
	default:
		return unexpected(f)
	}
	return nil
}

// UseStep decides on the code of the first step that was not used: a code passes once, and none before it afterwards (RFC 6238, 5.2).
// ErrTOTP if there is none.
func (u *FactorUses) UseStep(id FactorID, matching []int64, what FactorUse) ([]any, error) {
	slices.Sort(matching)
	for _, step := range matching {
		if step > u.Step {
			return []any{FactorUsed{Factor: id, Kind: FactorTOTP, For: what, Step: step}}, nil
		}
	}
	return nil, ErrTOTP
}
