package domain_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"accountledger/domain"
)

func hash(c string) domain.Hash { return domain.Hash(strings.Repeat(c, 64)) }

func TestSessions(t *testing.T) {
	id := domain.SessionID{UUID: uuid.New()}
	begin := func(more ...any) *domain.Session {
		var s domain.Sessions
		apply(t, &s, noon, append([]any{domain.SessionStarted{Session: id, Owner: domain.ActorPerson, SecretHash: hash("a"),
			Expires: noon.Add(domain.SessionLifetime), OwnerAt: 7}}, more...)...)
		return s.All[id]
	}
	raised := domain.SessionRaised{Session: id, SecretHash: hash("c"), Level: domain.LevelOne}
	used := func(at time.Time) *domain.Session {
		s := *begin()
		s.SeenAt = at
		return &s
	}
	for name, s := range map[string]struct {
		session *domain.Session
		now     time.Time
		want    bool
	}{
		"just before the end": {used(noon.Add(domain.SessionLifetime - 1)), noon.Add(domain.SessionLifetime - 1), true},
		"expired":             {used(noon.Add(domain.SessionLifetime - 1)), noon.Add(domain.SessionLifetime), false},
	} {
		if got := s.session.Valid(hash("a"), -1, s.now); got != s.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	for name, c := range map[string]struct {
		session    *domain.Session
		secret     domain.Hash
		everywhere int64
		now        time.Time
		want       bool
	}{
		"right":                  {begin(), hash("a"), -1, noon, true},
		"wrong secret":           {begin(), hash("b"), -1, noon, false},
		"empty secret":           {begin(), "", -1, noon, false},
		"idle":                   {begin(), hash("a"), -1, noon.Add(domain.SessionIdle + domain.SeenEvery), false},
		"almost idle":            {begin(), hash("a"), -1, noon.Add(domain.SessionIdle), true},
		"raised, the old secret": {begin(raised), hash("a"), -1, noon, false},
		"raised, the new secret": {begin(raised), hash("c"), -1, noon, true},
		"raised and ended":       {begin(raised, domain.SessionEnded{Session: id}), hash("c"), -1, noon, false},
		"ended":                  {begin(domain.SessionEnded{Session: id, Reason: domain.SessionSignedOut}), hash("a"), -1, noon, false},
		"another ended":          {begin(domain.SessionEnded{Session: domain.SessionID{UUID: uuid.New()}}), hash("a"), -1, noon, true},
		"everywhere before it":   {begin(), hash("a"), 7, noon, true},
		"everywhere after it":    {begin(), hash("a"), 8, noon, false},
		"clock a little back":    {begin(), hash("a"), -1, noon.Add(-domain.MaxAhead), true},
		"from ahead of the time": {begin(), hash("a"), -1, noon.Add(-domain.MaxAhead - 1), false},
	} {
		if got := c.session.Valid(c.secret, c.everywhere, c.now); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestEnrolment(t *testing.T) {
	added := domain.StaffAdded{CodeHash: hash("a"), Expires: noon.Add(domain.EnrolmentLifetime)}
	for name, c := range map[string]struct {
		given []any
		code  domain.Hash
		now   time.Time
		ok    bool
	}{
		"right":              {[]any{added}, hash("a"), noon, true},
		"nobody":             {nil, hash("a"), noon, false},
		"wrong":              {[]any{added}, hash("b"), noon, false},
		"used":               {[]any{added, domain.StaffEnrolled{}}, hash("a"), noon, false},
		"just in time":       {[]any{added}, hash("a"), noon.Add(24*time.Hour - 1), true},
		"expired":            {[]any{added}, hash("a"), noon.Add(24 * time.Hour), false},
		"from ahead of time": {[]any{added}, hash("a"), noon.Add(-time.Hour), false},
	} {
		s := domain.NewStaff()
		apply(t, s, noon, c.given...)
		events, err := s.Enrol(c.code, c.now)
		if c.ok {
			sameEvents(t, events, domain.StaffEnrolled{})
		}
		if (err == nil) != c.ok || err != nil && (!errors.Is(err, domain.ErrEnrolment) || len(events) > 0) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestClaims(t *testing.T) {
	var c domain.Claim
	if c.Held() {
		t.Error("held by nobody")
	}
	apply(t, &c, noon, domain.IdentifierClaimed{Account: domain.AccountID{UUID: uuid.New()}})
	if !c.Held() || !c.Since.At.Equal(noon) {
		t.Error("not held")
	}
	apply(t, &c, noon, domain.IdentifierRetired{})
	if c.Held() {
		t.Error("held after it retired")
	}
}
