package domain

import "slices"

// VerificationMissed: a verification that an account asked for came to nothing. It says in one place, for the account's owner, what the
// verification's own stream says; there it ended first.
type VerificationMissed struct {
	Verification VerificationID        `json:"verification"`
	Purpose      VerificationPurpose   `json:"purpose"`
	Reason       VerificationEndReason `json:"reason"`
	Tries        int                   `json:"tries"` // wrong codes
}

// Missed are the verifications of one account that came to nothing.
type Missed struct {
	all []VerificationID
}

// Fork returns a copy to apply facts to.
func (m *Missed) Fork() *Missed { return &Missed{slices.Clip(m.all)} }

// Apply applies a fact to the state.
func (m *Missed) Apply(f Fact) error {
	e, ok := f.Event.(VerificationMissed)
	if !ok {
		return unexpected(f)
	}
	m.all = append(m.all, e.Verification)
	return nil
}

// Note decides on saying that a verification came to nothing: once, and not if it passed or is under way, or is none of an account's. What
// an erasure cancelled is said to nobody.
func (m *Missed) Note(r *VerificationRequest, v Verification) []any {
	if !r.Purpose.OfAccount() || v.Ended == "" || v.Ended == EndCancelled || slices.Contains(m.all, r.ID) {
		return nil
	}
	return []any{VerificationMissed{Verification: r.ID, Purpose: r.Purpose, Reason: v.Ended, Tries: v.Tries}}
}
