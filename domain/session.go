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
	// SessionIdle and StaffSessionIdle are for how long a session may go unused.
	SessionIdle      = 30 * 24 * time.Hour
	StaffSessionIdle = 15 * time.Minute
	// SeenEvery and StaffSeenEvery are how often the use of a session is recorded at most.
	SeenEvery      = 24 * time.Hour
	StaffSeenEvery = 5 * time.Minute
	// MaxSessions is how many sessions that started in one month can be open.
	MaxSessions = 100
)

// ClientInfo is the client that started a session. It is personal and is lost with the account's or the month's key.
type ClientInfo struct {
	Address   string `json:"address"`
	UserAgent string `json:"user_agent"`
	// Country is where the address was when the session started, by the operator's database; empty where that is not known.
	Country Region `json:"country,omitzero"`
}

// SessionStarted: somebody signed in. Only a hash of the session's secret is kept.
type SessionStarted struct {
	Session    SessionID        `json:"session"`
	Owner      ActorKind        `json:"owner"` // person or staff
	SecretHash Hash             `json:"secret_hash"`
	Expires    time.Time        `json:"expires"`
	Level      Level            `json:"level"`
	Methods    []AuthMethod     `json:"methods"`
	NewClient  bool             `json:"new_client"`        // it was not known of the owner: see ClientKnown
	Unusual    []Unusual        `json:"unusual,omitzero"`  // for which reasons the sign-in is unusual
	First      First            `json:"first_of,omitzero"` // of a person's sign-ins; never the first ever
	Cohort     Month            `json:"cohort,omitzero"`   // in which a person's account was opened
	OwnerAt    int64            `json:"owner_at"`          // version of the owner's stream at sign-in: signing out everywhere ends sessions with an earlier one
	Client     Part[ClientInfo] `json:"client,omitzero"`
}

// SessionRaised: the owner proved again who they are. The session has another secret from now on (OWASP ASVS 7.2.4).
type SessionRaised struct {
	Session    SessionID    `json:"session"`
	SecretHash Hash         `json:"secret_hash"`
	Level      Level        `json:"level"`
	Methods    []AuthMethod `json:"methods"`
	OwnerAt    int64        `json:"owner_at"` // as at its start, or later: what ended other sessions did not end it
}

// SessionSeen: the session was in use. It is recorded now and then, so that all processes know when one has gone unused for too long.
type SessionSeen struct {
	Session SessionID `json:"session"`
}

// SessionEndReason is why a session was ended. That it expired or went unused is not recorded.
type SessionEndReason string

// Reasons.
const (
	SessionSignedOut           SessionEndReason = "signed_out"            // by its owner, this one
	SessionDisplaced           SessionEndReason = "displaced"             // by another that its owner started: it had gone unused for longest
	SessionSignedOutEverywhere SessionEndReason = "signed_out_everywhere" // an officer's, with all others; a person's end by one event of the account
)

// Validate refuses unknown values.
func (r SessionEndReason) Validate() error {
	return oneOf(r, SessionSignedOut, SessionDisplaced, SessionSignedOutEverywhere)
}

// SessionEnded: the session was ended.
type SessionEnded struct {
	Session SessionID        `json:"session"`
	Reason  SessionEndReason `json:"reason"`
}

// SessionEnding is how a session came to its end, as its owner is told: for a reason that is recorded, or by itself.
type SessionEnding string

// Ends that are not recorded with the session.
const (
	EndingExpired  SessionEnding = "expired"  // its time was over
	EndingUnused   SessionEnding = "unused"   // it went unused for too long
	EndingRestored SessionEnding = "restored" // the ledger was restored from a backup
)

// Values lists them all.
func (SessionEnding) Values() []SessionEnding {
	return []SessionEnding{SessionEnding(SessionSignedOut), SessionEnding(SessionDisplaced), SessionEnding(SessionSignedOutEverywhere),
		EndingExpired, EndingUnused, EndingRestored}
}

// Session is one session. Its own Level and Methods are those of the latest proof of who its owner is; those of its start are the sign-in's.
type Session struct {
	SessionStarted
	Fact     Fact
	Level    Level
	Methods  []AuthMethod
	Ended    bool
	EndedFor SessionEndReason
	EndedAt  time.Time
	ProvedAt time.Time // when the owner last proved who they are
	SeenAt   time.Time // when it was last recorded to be in use
}

// Valid reports whether a secret is valid for the session now. A session from the future counts as expired.
func (s *Session) Valid(secret Hash, everywhereAt int64, now time.Time) bool {
	same := subtle.ConstantTimeCompare([]byte(secret), []byte(s.SecretHash)) == 1
	return same && s.Open(everywhereAt, now)
}

// Open reports whether the session has neither ended nor expired; a restore ends those that started before it.
func (s *Session) Open(everywhereAt int64, now time.Time) bool {
	return !s.Ended && !s.Fact.Restored && now.Before(s.Expires) && now.Before(s.SeenAt.Add(s.idle())) && !s.ahead(now) && s.OwnerAt >= everywhereAt
}

// Ending says how the session came to its end, "" if it has not, and when, where that is known. restored is when the ledger was last restored.
func (s *Session) Ending(everywhereAt int64, restored, now time.Time) (SessionEnding, time.Time) {
	at := now
	if s.Fact.Restored {
		at = restored
	}
	unused := s.SeenAt.Add(s.idle())
	switch {
	case s.Ended:
		return SessionEnding(s.EndedFor), s.EndedAt
	case s.OwnerAt < everywhereAt:
		return SessionEnding(SessionSignedOutEverywhere), time.Time{}
	case unused.Before(s.Expires) && !at.Before(unused):
		return EndingUnused, unused
	case !at.Before(s.Expires):
		return EndingExpired, s.Expires
	case s.Fact.Restored:
		return EndingRestored, restored
	case s.ahead(now):
		return EndingExpired, time.Time{}
	}
	return "", time.Time{}
}

// idle is for how long it may go unused. What is recorded lags, so it is not ended before its time.
func (s *Session) idle() time.Duration {
	if s.Owner == ActorStaff {
		return StaffSessionIdle + StaffSeenEvery
	}
	return SessionIdle + SeenEvery
}

// Unseen reports whether its use has to be recorded again.
func (s *Session) Unseen(now time.Time) bool {
	every := SeenEvery
	if s.Owner == ActorStaff {
		every = StaffSeenEvery
	}
	return now.Sub(s.SeenAt) >= every
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
	All  map[SessionID]*Session
	last onDay // on which one started
	own  bool
}

// Fork returns a copy to apply facts to; see forked.
func (s *Sessions) Fork() *Sessions { return &Sessions{All: s.All, last: s.last} }

// Apply applies a fact to the state.
func (s *Sessions) Apply(f Fact) error {
	switch e := f.Event.(type) {
	case SessionStarted:
		forked(&s.All, &s.own)[e.Session] = &Session{SessionStarted: e, Fact: f, Level: e.Level, Methods: e.Methods, ProvedAt: f.At, SeenAt: f.At}
		s.last = max(s.last, dayNumber(f.At))
	case SessionRaised:
		s.change(e.Session, func(one *Session) {
			one.SecretHash, one.Level, one.Methods, one.ProvedAt, one.SeenAt, one.OwnerAt = e.SecretHash, e.Level, e.Methods, f.At, f.At, e.OwnerAt
		})
	case SessionSeen:
		s.change(e.Session, func(one *Session) { one.SeenAt = f.At })
	case SessionEnded:
		s.change(e.Session, func(one *Session) { one.Ended, one.EndedFor, one.EndedAt = true, e.Reason, f.At })
	default:
		return unexpected(f)
	}
	return nil
}

// Displaced is the session that makes room for another; zero if there is room.
func (s *Sessions) Displaced(now time.Time) (id SessionID) {
	open := 0
	for _, one := range s.All {
		if one.Ended || one.Fact.Restored || !now.Before(one.Expires) {
			continue
		}
		open++
		if oldest := s.All[id]; oldest == nil || one.SeenAt.Before(oldest.SeenAt) || one.SeenAt.Equal(oldest.SeenAt) && one.Fact.Version < oldest.Fact.Version {
			id = one.Session
		}
	}
	if open < MaxSessions {
		return SessionID{}
	}
	return id
}

// Before is the month whose sessions First needs besides, "" for none: the one in which the week of a month's first session began.
func (s *Sessions) Before(at time.Time) Month {
	if began := weekBegan(at); s.last == 0 && began != MonthOf(at) {
		return began
	}
	return ""
}

// First says in which periods a session started at a time is the owner's first. before are the sessions of the month that Before names.
// It is never the first ever, since only the months are known that matter.
func (s *Sessions) First(before *Sessions, at time.Time) First {
	today, last := dayNumber(at), s.last
	if last == 0 {
		last = before.last
	}
	if last == 0 {
		return FirstOfWeekAndMonth
	}
	return last.first(today)
}

// change changes a copy of one session; states share them.
func (s *Sessions) change(id SessionID, do func(*Session)) {
	if one := s.All[id]; one != nil {
		changed := *one
		do(&changed)
		forked(&s.All, &s.own)[id] = &changed
	}
}
