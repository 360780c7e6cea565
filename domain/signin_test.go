package domain_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"accountledger/domain"
)

func TestSignIns(t *testing.T) {
	begun := domain.SignInBegun{Expires: noon.Add(domain.SignInLifetime), OwnerAt: 7}
	s := new(domain.SignIn)
	if s.Open(-1, noon) {
		t.Error("nothing is open")
	}
	apply(t, s, noon, begun)
	for name, c := range map[string]struct {
		everywhere int64
		now        time.Time
		want       bool
	}{
		"open":                   {7, noon, true},
		"just in time":           {-1, noon.Add(domain.SignInLifetime - 1), true},
		"expired":                {-1, noon.Add(domain.SignInLifetime), false},
		"everywhere after it":    {8, noon, false},
		"clock a little back":    {-1, noon.Add(-domain.MaxAhead), true},
		"from ahead of the time": {-1, noon.Add(-domain.MaxAhead - 1), false},
	} {
		if got := s.Open(c.everywhere, c.now); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	restored := new(domain.SignIn)
	if err := restored.Apply(domain.Fact{Event: begun, Metadata: domain.Metadata{At: noon}, Restored: true}); err != nil || restored.Open(-1, noon) {
		t.Error("open after a restore")
	}
	passed := domain.SignInPassed{Session: domain.SessionID{UUID: uuid.New()}}
	sameEvents(t, s.Pass(passed.Session), passed)
	apply(t, s, noon, passed)
	sameEvents(t, s.Pass(passed.Session))
}
