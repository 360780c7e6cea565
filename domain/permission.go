package domain

import (
	"strconv"
	"time"
)

// Method is how a decision was made.
type Method string

// MethodSettings: in the settings, at the person's own request.
const MethodSettings Method = "settings"

// Validate refuses unknown values.
func (m Method) Validate() error { return oneOf(m, MethodSettings) }

// GivenBy is who made a decision.
type GivenBy string

// GivenBySelf: the person whose data it is.
const GivenBySelf GivenBy = "self"

// Validate refuses unknown values.
func (g GivenBy) Validate() error { return oneOf(g, GivenBySelf) }

// State is the state of a permission for a purpose.
type State string

// States. None is the state before any decision; like Withdrawn it allows nothing.
const (
	StateNone      State = "none"
	StateGranted   State = "granted"
	StateWithdrawn State = "withdrawn"
)

// Values lists them all.
func (State) Values() []State { return []State{StateNone, StateGranted, StateWithdrawn} }

// Validate refuses unknown values.
func (s State) Validate() error { return oneOf(s, s.Values()...) }

// Decision is what a grant or withdrawal proves: which text was shown, in which language, who decided, and on which basis.
type Decision struct {
	Permission    Permission `json:"permission"`
	For           Purpose    `json:"for"`
	Notice        EventID    `json:"notice,omitzero"` // the event that published the notice shown
	NoticeHash    Hash       `json:"notice_hash,omitzero"`
	NoticeVersion int        `json:"notice_version,omitzero"`
	Language      Language   `json:"language,omitzero"` // of the text shown
	LegalBasis    LegalBasis `json:"legal_basis"`
	Method        Method     `json:"method"`
	GivenBy       GivenBy    `json:"given_by"`
	Capacity      Capacity   `json:"capacity"`
	Previous      State      `json:"previous"`
	Before        EventID    `json:"before,omitzero"`   // the previous decision
	First         First      `json:"first_of,omitzero"` // of the person's grants or withdrawals of this purpose; not of confirmations
}

// PermissionGranted: the person granted a purpose of a permission.
type PermissionGranted struct {
	Decision
	Nth    Nth   `json:"nth"`             // the number of the account's grant, of any purpose
	Cohort Month `json:"cohort,omitzero"` // in which the account was opened; on its first grant
}

// PermissionWithdrawn: the person withdrew it.
type PermissionWithdrawn struct{ Decision }

// PermissionConfirmed: the person set it to the state it was already in.
type PermissionConfirmed struct {
	Decision
	State State `json:"state"`
}

// PermissionState is the state of one purpose of a permission.
type PermissionState struct {
	State         State
	Event         EventID // the decision in force
	NoticeVersion int
	Notice        EventID // the notice it was given on
	NoticeHash    Hash
	Language      Language
	At            time.Time
	granted       onDay // on which it last was
	withdrawn     onDay
}

func (a *Account) decided(f Fact, d Decision, granted bool) {
	key := Allowance{d.Permission, d.For}
	s := a.Permissions[key]
	s.rest(f, d)
	if granted {
		s.State, s.granted = StateGranted, dayNumber(f.At)
		a.grants++
	} else {
		s.State, s.withdrawn = StateWithdrawn, dayNumber(f.At)
	}
	forked(&a.Permissions, &a.own.permissions)[key] = s
	a.PermissionAt = f.Version
}

// rest notes the decision in force and its notice.
func (s *PermissionState) rest(f Fact, d Decision) {
	s.Event, s.At = f.ID, f.At
	s.Notice, s.NoticeHash, s.NoticeVersion, s.Language = d.Notice, d.NoticeHash, d.NoticeVersion, d.Language
}

// confirmed: agreeing again, to a newer notice, makes the consent effective again.
func (a *Account) confirmed(f Fact, e PermissionConfirmed) {
	if e.State != StateGranted {
		return
	}
	key := Allowance{e.Permission, e.For}
	s := a.Permissions[key]
	s.rest(f, e.Decision)
	forked(&a.Permissions, &a.own.permissions)[key] = s
}

// SetPermission is a request to grant or withdraw a purpose of a permission. It goes from the API to the decision as it is; its
// JSON is part of the request's fingerprint.
type SetPermission struct {
	Permission Permission `json:"permission"`
	Purpose    Purpose    `json:"purpose"`
	Grant      bool       `json:"grant"`
	Notice     EventID    `json:"notice,omitzero"` // the notice that was shown; required for a grant
	// IfMatch is the PermissionTag that the person last saw, or empty. If it is another one now, the decision is refused.
	IfMatch string `json:"-"`
}

// PermissionTag changes with every decision on a permission.
func (a *Account) PermissionTag() string { return PermissionTag(a.PermissionAt) }

// PermissionTag is the tag after the decision at a version.
func PermissionTag(version int64) string { return strconv.FormatInt(version, 10) }

// SetPermission decides on a permission, given the notices published for it.
func (a *Account) SetPermission(set SetPermission, catalogue Catalogue, notices *Notices, now time.Time) ([]any, error) {
	if set.IfMatch != "" && set.IfMatch != a.PermissionTag() {
		return nil, ErrStale
	}
	if err := a.Open(); err != nil {
		return nil, err
	}
	permission, ok := catalogue.Permission(set.Permission)
	if !ok {
		return nil, ErrPermission
	}
	purpose, ok := permission.Purpose(set.Purpose)
	if !ok {
		return nil, ErrPurpose
	}
	before := a.Permissions[Allowance{set.Permission, set.Purpose}]
	if before.State == "" {
		before.State = StateNone
	}
	d := Decision{Permission: set.Permission, For: set.Purpose, LegalBasis: purpose.LegalBasis, Method: MethodSettings,
		GivenBy: GivenBySelf, Capacity: a.Capacity, Previous: before.State, Before: before.Event,
		Notice: before.Notice, NoticeHash: before.NoticeHash, NoticeVersion: before.NoticeVersion, Language: before.Language}
	if set.Grant { // only a grant needs the current notice to be shown
		d.Notice, d.NoticeHash, d.NoticeVersion, d.Language = EventID{}, "", 0, ""
	}
	if notice, ok := notices.ByEvent(set.Notice); ok {
		d.Notice, d.NoticeHash, d.NoticeVersion, d.Language = notice.Event, notice.Hash, notice.Version, notice.Language
	}
	today := dayNumber(a.when(now))
	switch {
	case set.Grant && a.Capacity != CapacitySelf:
		return nil, ErrGuardian
	case set.Grant && (d.Notice.IsZero() || d.NoticeVersion < notices.Newest()):
		return nil, ErrNotice
	case set.Grant && before.State == StateGranted:
		return []any{PermissionConfirmed{d, StateGranted}}, nil
	case set.Grant:
		d.First = before.granted.first(today)
		nth, cohort := a.nth(a.grants)
		return []any{PermissionGranted{d, nth, cohort}}, nil
	case before.State == StateGranted:
		d.First = before.withdrawn.first(today)
		return []any{PermissionWithdrawn{d}}, nil
	}
	return []any{PermissionConfirmed{d, before.State}}, nil
}

// Decide decides whether a purpose of a permission is allowed now, and why. material is the version of the newest
// material notice.
func (a *Account) Decide(p Permission, u Purpose, material int) (Outcome, AccessReason, EventID) {
	s := a.Permissions[Allowance{p, u}]
	switch {
	case !a.Exists():
		return Denied, ReasonUnknown, EventID{}
	case a.Erasure.Done():
		return Denied, ReasonErased, EventID{}
	case a.Erasure.UnderWay():
		return Denied, ReasonClosing, EventID{}
	case a.Capacity != CapacitySelf:
		return Denied, ReasonCapacity, EventID{}
	case s.State == StateWithdrawn:
		return Denied, ReasonWithdrawn, EventID{}
	case s.State != StateGranted:
		return Denied, ReasonNever, EventID{}
	case s.NoticeVersion < material:
		return Denied, ReasonNotice, EventID{}
	}
	return Allowed, ReasonGranted, s.Event
}
