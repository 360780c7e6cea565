package domain

import (
	"crypto/subtle"
	"time"
)

const (
	// SessionLifetime is how long a person's session lasts (90 days).
	SessionLifetime = 90 * 24 * time.Hour
	// StaffSessionLifetime is how long an officer's session lasts: a working day.
	StaffSessionLifetime = 12 * time.Hour
)

// ClientInfo is the client that started a session. It is personal and is lost with the account's or the month's key.
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
	OwnerAt    int64            `json:"owner_at"` // version of the owner's stream at sign-in: signing out everywhere ends sessions with an earlier one
	Client     Part[ClientInfo] `json:"client,omitzero"`
}

// SessionEnded: the session was ended.
type SessionEnded struct {
	Session SessionID `json:"session"`
}

// Session is one session.
type Session struct {
	SessionStarted
	Fact  Fact
	Ended bool
}

// Valid reports whether a secret is valid for the session now. A session from the future counts as expired.
func (s *Session) Valid(secret Hash, everywhereAt int64, now time.Time) bool {
	same := subtle.ConstantTimeCompare([]byte(secret), []byte(s.SecretHash)) == 1
	return same && s.Open(everywhereAt, now)
}

// Open reports whether the session has neither ended nor expired; a restore ends those that started before it.
func (s *Session) Open(everywhereAt int64, now time.Time) bool {
	return !s.Ended && !s.Fact.Restored && now.Before(s.Expires) && !s.ahead(now) && s.OwnerAt >= everywhereAt
}

// ahead reports whether the session was started by a clock that was ahead. The fact's time alone does not show it: a stream's
// times never go back, so after the clock was corrected a new session still gets the time of the one before it in its
// stream. Its expiry was computed from the clock itself.
func (s *Session) ahead(now time.Time) bool {
	lifetime := SessionLifetime
	if s.Owner == ActorStaff {
		lifetime = StaffSessionLifetime
	}
	latest := now.Add(MaxAhead)
	return s.Fact.At.After(latest) && s.Expires.After(latest.Add(lifetime))
}

// Sessions holds the sessions that one owner started in one month.
type Sessions struct {
	All map[SessionID]*Session
	own bool
}

// Fork returns a copy to apply facts to; see forked.
func (s *Sessions) Fork() *Sessions { return &Sessions{All: s.All} }

// Apply applies a fact to the state.
func (s *Sessions) Apply(f Fact) error {
	switch e := f.Event.(type) {
	case SessionStarted:
		forked(&s.All, &s.own)[e.Session] = &Session{SessionStarted: e, Fact: f}
	case SessionEnded:
		if one := s.All[e.Session]; one != nil {
			ended := *one
			ended.Ended = true
			forked(&s.All, &s.own)[e.Session] = &ended
		}
	default:
		return unexpected(f)
	}
	return nil
}
