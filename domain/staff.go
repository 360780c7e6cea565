package domain

import (
	"crypto/subtle"
	"slices"
	"time"
)

// EnrolmentLifetime is how long an officer's one-time code is valid.
const EnrolmentLifetime = 24 * time.Hour

// OfficerInfo is an officer's address and name. It is personal.
type OfficerInfo struct {
	Contact Contact `json:"contact"`
	Name    string  `json:"name,omitzero"`
}

// StaffAdded: an officer was added and given a one-time code; the log keeps only its hash.
type StaffAdded struct {
	CodeHash Hash              `json:"code_hash"`
	Expires  time.Time         `json:"expires"`
	Officer  Part[OfficerInfo] `json:"officer"`
}

// StaffRoleGranted: the officer was given a role. Alone: by one person, without a second one's approval.
type StaffRoleGranted struct {
	Role  Role `json:"role"`
	Alone bool `json:"alone"`
}

// StaffEnrolled: the officer used the code and set a password.
type StaffEnrolled struct{}

// Staff is the state of an officer.
type Staff struct {
	Added    *StaffAdded
	Roles    []Role
	Enrolled bool
	// AddedFact is that of Added. A restore since then has ended the one-time code.
	AddedFact Fact
}

// Fork returns a copy to apply facts to; see forked.
func (s *Staff) Fork() *Staff {
	next := *s
	next.Roles = slices.Clip(s.Roles)
	return &next
}

// Apply applies a fact to the state.
func (s *Staff) Apply(f Fact) error {
	switch e := f.Event.(type) {
	case StaffAdded:
		s.Added, s.AddedFact = &e, f
	case StaffRoleGranted:
		s.Roles = append(s.Roles, e.Role)
	case StaffEnrolled:
		s.Enrolled = true
	default:
		return unexpected(f)
	}
	return nil
}

// Has reports whether the officer has a role.
func (s *Staff) Has(r Role) bool { return slices.Contains(s.Roles, r) }

// Unused reports whether the one-time code expired before it was used.
func (s *Staff) Unused(now time.Time) bool {
	return s.Added != nil && !s.Enrolled && (s.AddedFact.Restored || !now.Before(s.Added.Expires))
}

// Enrol decides on a one-time code.
func (s *Staff) Enrol(code Hash, now time.Time) ([]any, error) {
	if s.Added == nil || s.Enrolled || s.AddedFact.Restored || !now.Before(s.Added.Expires) || s.AddedFact.At.After(now.Add(MaxAhead)) ||
		subtle.ConstantTimeCompare([]byte(code), []byte(s.Added.CodeHash)) != 1 {
		return nil, ErrEnrolment
	}
	return []any{StaffEnrolled{}}, nil
}
