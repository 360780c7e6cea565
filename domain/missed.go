package domain

import (
	"slices"
	"time"
)

// VerificationMissed: a verification that an account asked for came to nothing. It says in one place, for the account's owner, what the
// verification's own stream says; there it ended first.
type VerificationMissed struct {
	Verification VerificationID        `json:"verification"`
	Purpose      VerificationPurpose   `json:"purpose"`
	Reason       VerificationEndReason `json:"reason"`
	Tries        int                   `json:"tries"` // wrong codes
}

// RecoveryMissed: somebody gave the code that a recovery of the account takes, and then set no password. It says in the account's own history
// what the recovery's stream says.
type RecoveryMissed struct {
	Recovery RecoveryID          `json:"recovery"`
	Claim    ClaimID             `json:"claim"`  // on the address that the code was sent to
	Proved   time.Time           `json:"proved"` // when the code was given
	Reason   RecoveryLapseReason `json:"reason"`
}

// Missed are the verifications and recoveries of one account that came to nothing.
type Missed struct {
	all        []VerificationID
	recoveries []RecoveryID
}

// Fork returns a copy to apply facts to.
func (m *Missed) Fork() *Missed { return &Missed{slices.Clip(m.all), slices.Clip(m.recoveries)} }

// Apply applies a fact to the state.
func (m *Missed) Apply(f Fact) error {
	switch e := f.Event.(type) {
	case VerificationMissed:
		m.all = append(m.all, e.Verification)
	case RecoveryMissed:
		m.recoveries = append(m.recoveries, e.Recovery)
	default:
		return unexpected(f)
	}
	return nil
}

// NoteRecovery decides on saying that a recovery comes to nothing: once, and only if it was proved, so that there is somebody to say it to.
func (m *Missed) NoteRecovery(id RecoveryID, r *Recovery, why RecoveryLapseReason) []any {
	if r.Proved == nil || slices.Contains(m.recoveries, id) {
		return nil
	}
	return []any{RecoveryMissed{Recovery: id, Claim: r.Proved.Claim, Proved: r.ProvedFact.At, Reason: why}}
}

// Note decides on saying that a verification came to nothing: once, and not if it passed or is under way, or is none of an account's. What
// an erasure cancelled is said to nobody.
func (m *Missed) Note(r *VerificationRequest, v Verification) []any {
	if !r.Purpose.OfAccount() || v.Ended == "" || v.Ended == EndCancelled || slices.Contains(m.all, r.ID) {
		return nil
	}
	return []any{VerificationMissed{Verification: r.ID, Purpose: r.Purpose, Reason: v.Ended, Tries: v.Tries}}
}
