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

// StaffRoleEnded: the officer has the role no longer.
type StaffRoleEnded struct {
	Role Role `json:"role"`
}

// StaffEnrolled: the officer used the code and set a password.
type StaffEnrolled struct{}

// StaffReset: the officer's password and sessions have ended, and they were given another one-time code; the log keeps only its hash. Until
// they enrol with it they cannot sign in.
type StaffReset struct {
	CodeHash Hash      `json:"code_hash"`
	Expires  time.Time `json:"expires"`
}

// StaffEnded: the officer is one no longer, for good. Their password, sessions and roles have ended. Who they were stays readable, for those
// who audit what they did.
type StaffEnded struct{}

// StaffState says what an officer is.
type StaffState string

// States of officers.
const (
	StaffInvited StaffState = "invited" // the one-time code was not used yet
	StaffActive  StaffState = "active"
	StaffLeft    StaffState = "ended"
)

// Staff is the state of an officer.
type Staff struct {
	Added    *StaffAdded
	Roles    []Role
	Enrolled bool
	Ended    bool
	// AddedFact is that of Added.
	AddedFact Fact
	// Version is that of the last event, -1 before the first.
	Version int64
	// EverywhereAt is the version at which all sessions ended, -1 before the first time. Sessions that began on an earlier one have ended.
	EverywhereAt int64

	code    Hash
	expires time.Time
	coded   Fact // that gave the code. A restore since then has ended it.
}

// NewStaff is nobody.
func NewStaff() *Staff { return &Staff{Version: -1, EverywhereAt: -1} }

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
		s.code, s.expires, s.coded = e.CodeHash, e.Expires, f
	case StaffRoleGranted:
		s.Roles = append(s.Roles, e.Role)
	case StaffRoleEnded:
		s.Roles = slices.DeleteFunc(slices.Clone(s.Roles), func(r Role) bool { return r == e.Role })
	case StaffEnrolled:
		s.Enrolled = true
	case StaffReset:
		s.Enrolled, s.EverywhereAt = false, f.Version
		s.code, s.expires, s.coded = e.CodeHash, e.Expires, f
	case StaffEnded:
		s.Ended, s.Enrolled, s.Roles, s.EverywhereAt = true, false, nil, f.Version
	default:
		return unexpected(f)
	}
	s.Version = f.Version
	return nil
}

// State says what the officer is, "" for nobody.
func (s *Staff) State() StaffState {
	switch {
	case s.Added == nil:
		return ""
	case s.Ended:
		return StaffLeft
	case s.Enrolled:
		return StaffActive
	}
	return StaffInvited
}

// Has reports whether the officer has a role.
func (s *Staff) Has(r Role) bool { return slices.Contains(s.Roles, r) }

// Unused reports whether the first one-time code expired before it was used.
func (s *Staff) Unused(now time.Time) bool {
	return s.State() == StaffInvited && s.EverywhereAt < 0 && (s.coded.Restored || !now.Before(s.expires))
}

// Gave reports whether this was the last one-time code, used or not.
func (s *Staff) Gave(code Hash) bool {
	return s.Added != nil && subtle.ConstantTimeCompare([]byte(code), []byte(s.code)) == 1
}

// Enrol decides on a one-time code.
func (s *Staff) Enrol(code Hash, now time.Time) ([]any, error) {
	if s.State() != StaffInvited || s.coded.Restored || !now.Before(s.expires) || s.coded.At.After(now.Add(MaxAhead)) || !s.Gave(code) {
		return nil, ErrEnrolment
	}
	return []any{StaffEnrolled{}}, nil
}

// Reset decides to end an officer's password and sessions, and to give them another one-time code.
func (s *Staff) Reset(code Hash, expires time.Time) ([]any, error) {
	if err := s.there(); err != nil {
		return nil, err
	}
	return []any{StaffReset{CodeHash: code, Expires: expires}}, nil
}

// EndRole decides to end a role of an officer; no event if they do not have it.
func (s *Staff) EndRole(r Role) ([]any, error) {
	if r.Validate() != nil {
		return nil, ErrRole
	}
	if err := s.there(); err != nil || !s.Has(r) {
		return nil, err
	}
	return []any{StaffRoleEnded{Role: r}}, nil
}

// End decides that somebody is an officer no longer; no event if they are none already.
func (s *Staff) End() ([]any, error) {
	if s.Added == nil {
		return nil, ErrNoOfficer
	}
	if s.Ended {
		return nil, nil
	}
	return []any{StaffEnded{}}, nil
}

func (s *Staff) there() error {
	switch {
	case s.Added == nil:
		return ErrNoOfficer
	case s.Ended:
		return ErrOfficerEnded
	}
	return nil
}
