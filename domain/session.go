package domain

import (
	"crypto/subtle"
	"time"
)

const (
	// SessionLifetime bounds a person's session (90 days).
	SessionLifetime = 90 * 24 * time.Hour
	// StaffSessionLifetime bounds an officer's session to a working day.
	StaffSessionLifetime = 12 * time.Hour
)

// ClientInfo is where a session was begun from. It is personal and dies with the account or the month's key.
type ClientInfo struct {
	Address   string `json:"address"`
	UserAgent string `json:"user_agent"`
}

// SessionStarted: somebody signed in. Only a hash of the session's secret is kept.
type SessionStarted struct {
	Session    SessionID        `json:"session"`
	Owner      ActorKind        `json:"owner"` // person or staff
	SecretHash Hash             `json:"secret_hash"`
	Expires    time.Time        `json:"expires"`
	OwnerAt    int64            `json:"owner_at"` // version of the owner's stream that sign-in read: "everywhere" ends what began before it
	Client     Part[ClientInfo] `json:"client,omitzero"`
}

// SessionEnded: signed out.
type SessionEnded struct {
	Session SessionID `json:"session"`
}

// Session is one session.
type Session struct {
	SessionStarted
	Fact  Fact
	Ended bool
}

// Valid tells whether a secret opens the session now. What claims to come from ahead counts as expired.
func (s *Session) Valid(secret Hash, everywhereAt int64, now time.Time) bool {
	same := subtle.ConstantTimeCompare([]byte(secret), []byte(s.SecretHash)) == 1
	return same && s.Open(everywhereAt, now)
}

// Open tells whether the session has neither ended nor expired; a restore ends those begun before it.
func (s *Session) Open(everywhereAt int64, now time.Time) bool {
	return !s.Ended && !s.Fact.Restored && now.Before(s.Expires) && !s.ahead(now) && s.OwnerAt >= everywhereAt
}

// ahead tells whether the session was begun by a clock that was ahead. The fact's time alone does not say so: a stream's
// times never go back, so after such a clock was put right a session that begins now is given the time of the one
// before it in its stream. When it expires was reckoned from the clock itself.
func (s *Session) ahead(now time.Time) bool {
	lifetime := SessionLifetime
	if s.Owner == ActorStaff {
		lifetime = StaffSessionLifetime
	}
	latest := now.Add(MaxAhead)
	return s.Fact.At.After(latest) && s.Expires.After(latest.Add(lifetime))
}

// Sessions are the sessions that one owner began in one month.
type Sessions struct {
	All map[SessionID]*Session
}

// Apply assigns what a fact says.
func (s *Sessions) Apply(f Fact) error {
	switch e := f.Event.(type) {
	case SessionStarted:
		if s.All == nil {
			s.All = map[SessionID]*Session{}
		}
		s.All[e.Session] = &Session{SessionStarted: e, Fact: f}
	case SessionEnded:
		if one := s.All[e.Session]; one != nil {
			one.Ended = true
		}
	default:
		return unexpected(f)
	}
	return nil
}
