package domain

import (
	"slices"
	"time"
)

// FactorUse is what a factor was used for.
type FactorUse string

// Uses.
const (
	UseSignIn   FactorUse = "sign_in"
	UseRaise    FactorUse = "raise"
	UseRecovery FactorUse = "recovery"
	UseUndo     FactorUse = "undo"  // of the removal of an address
	UseEnrol    FactorUse = "enrol" // the code that showed that an authenticator app was set up
)

// Validate refuses unknown values.
func (u FactorUse) Validate() error {
	return oneOf(u, UseSignIn, UseRaise, UseRecovery, UseUndo, UseEnrol)
}

// FactorUsed: its owner proved who they are by a factor. It is appended at the exact version of the factor's stream and only for what is right,
// so nothing passes twice, in whatever process, and nobody else can make the stream grow.
type FactorUsed struct {
	Factor FactorID   `json:"factor"`
	Kind   FactorKind `json:"kind"`
	For    FactorUse  `json:"for"`
	Step   int64      `json:"step,omitzero"`   // of time, of an authenticator app's code (RFC 6238, 4.2)
	Number int        `json:"number,omitzero"` // of a recovery code in its set, from 1 on
	Left   int        `json:"left,omitzero"`   // how many codes of the set were not used
	// Of a passkey: the hash of the challenge that it answered, and what its authenticator said.
	Challenge Hash          `json:"challenge,omitzero"`
	SignCount int64         `json:"sign_count,omitzero"`
	Backup    PasskeyBackup `json:"backup,omitzero"`
}

// FactorUses is what a factor has been used for, as far as decisions need it.
type FactorUses struct {
	Step    int64      // the last one whose code passed; -1 before the first
	At      time.Time  // when it was last used to prove who is in, or is to be let in
	Codes   uint64     // the numbers of the recovery codes that passed, a bit each
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
		u.use(f, e)
	case FactorDoubted:
		if e.Reason == DoubtCount {
			u.doubted = f.At
		}
	default:
		return unexpected(f)
	}
	return nil
}

func (u *FactorUses) use(f Fact, e FactorUsed) {
	if e.For != UseEnrol {
		u.At = f.At
	}
	switch e.Kind {
	case FactorTOTP:
		u.Step = max(u.Step, e.Step)
	case FactorRecoveryCodes:
		u.Codes |= 1 << e.Number
	case FactorPasskey:
		u.Passkey = PasskeyUse{SignCount: e.SignCount, Backup: e.Backup}
		u.answer(f.At, e.Challenge)
	}
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

// UseCode decides on the recovery code of a number, from 1 on, of a set of so many: ErrRecoveryCode if it was used.
func (u *FactorUses) UseCode(id FactorID, n, of int, what FactorUse) ([]any, error) {
	if n < 1 || n > of || u.Codes&(1<<n) != 0 {
		return nil, ErrRecoveryCode
	}
	return []any{FactorUsed{Factor: id, Kind: FactorRecoveryCodes, For: what, Number: n, Left: u.Left(of) - 1}}, nil
}

// Left is how many codes of a set of so many are left.
func (u *FactorUses) Left(of int) int {
	left := of
	for n := range of {
		if u.Codes&(1<<(n+1)) != 0 {
			left--
		}
	}
	return left
}
