package domain_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/uuid"

	"accountledger/domain"
)

// TestServiceDecisions: given what happened to services, when somebody changes one, then this happens or is refused.
func TestServiceDecisions(t *testing.T) {
	one, other := domain.ServiceID{UUID: uuid.New()}, domain.ServiceID{UUID: uuid.New()}
	weather, navigation := []domain.Allowance{{Permission: "location", Purpose: "weather"}}, []domain.Allowance{{Permission: "location", Purpose: "navigation"}}
	added := domain.ServiceAdded{Service: one, Name: "maps", KeyHash: hash("a"), Allowed: weather}
	second := domain.ServiceAdded{Service: other, Name: "rides", KeyHash: hash("b"), Allowed: weather}
	suspended, ended := domain.ServiceSuspended{Service: one}, domain.ServiceEnded{Service: one}
	key, keyEnded := domain.ServiceKeyAdded{Service: one, Key: 2, KeyHash: hash("c")}, domain.ServiceKeyEnded{Service: one, Key: 1}
	renamed := domain.ServiceRenamed{Service: one, Name: "roads"}
	type services = domain.Services
	for name, c := range map[string]struct {
		given []any
		when  func(*services) ([]any, error)
		then  []any
		err   error
	}{
		"add":           {nil, func(s *services) ([]any, error) { return s.Add(one, "maps", append(weather, weather...), hash("a")) }, []any{added}, nil},
		"a name taken":  {[]any{added}, func(s *services) ([]any, error) { return s.Add(other, "maps", weather, hash("b")) }, nil, domain.ErrSlugTaken},
		"a former name": {[]any{added, renamed}, func(s *services) ([]any, error) { return s.Add(other, "maps", weather, hash("b")) }, nil, domain.ErrSlugTaken},
		"the name of one that ended": {[]any{added, ended}, func(s *services) ([]any, error) { return s.Add(other, "maps", weather, hash("b")) }, nil,
			domain.ErrSlugTaken},
		"no name":          {nil, func(s *services) ([]any, error) { return s.Add(one, "Maps", weather, hash("a")) }, nil, domain.ErrSlug},
		"nothing to ask":   {nil, func(s *services) ([]any, error) { return s.Add(one, "maps", nil, hash("a")) }, nil, domain.ErrAllowed},
		"rename":           {[]any{added}, func(s *services) ([]any, error) { return s.Rename(one, "roads") }, []any{renamed}, nil},
		"rename to itself": {[]any{added}, func(s *services) ([]any, error) { return s.Rename(one, "maps") }, nil, nil},
		"back to its own name": {[]any{added, renamed}, func(s *services) ([]any, error) { return s.Rename(one, "maps") },
			[]any{domain.ServiceRenamed{Service: one, Name: "maps"}}, nil},
		"another's name":  {[]any{added, second}, func(s *services) ([]any, error) { return s.Rename(one, "rides") }, nil, domain.ErrSlugTaken},
		"a wrong name":    {[]any{added}, func(s *services) ([]any, error) { return s.Rename(one, "") }, nil, domain.ErrSlug},
		"rename an ended": {[]any{added, ended}, func(s *services) ([]any, error) { return s.Rename(one, "roads") }, nil, domain.ErrServiceEnded},
		"allow": {[]any{added}, func(s *services) ([]any, error) { return s.Allow(one, navigation) },
			[]any{domain.ServiceAllowed{Service: one, Allowed: navigation}}, nil},
		"allow the same":     {[]any{added}, func(s *services) ([]any, error) { return s.Allow(one, weather) }, nil, nil},
		"allow nothing":      {[]any{added}, func(s *services) ([]any, error) { return s.Allow(one, nil) }, nil, domain.ErrAllowed},
		"suspend":            {[]any{added}, func(s *services) ([]any, error) { return s.Suspend(one) }, []any{suspended}, nil},
		"suspend twice":      {[]any{added, suspended}, func(s *services) ([]any, error) { return s.Suspend(one) }, nil, nil},
		"suspend an ended":   {[]any{added, ended}, func(s *services) ([]any, error) { return s.Suspend(one) }, nil, domain.ErrServiceEnded},
		"suspend nobody":     {nil, func(s *services) ([]any, error) { return s.Suspend(one) }, nil, domain.ErrNoService},
		"resume":             {[]any{added, suspended}, func(s *services) ([]any, error) { return s.Resume(one) }, []any{domain.ServiceResumed{Service: one}}, nil},
		"resume an active":   {[]any{added}, func(s *services) ([]any, error) { return s.Resume(one) }, nil, nil},
		"a second key":       {[]any{added}, func(s *services) ([]any, error) { return s.AddKey(one, hash("c")) }, []any{key}, nil},
		"a third key":        {[]any{added, key}, func(s *services) ([]any, error) { return s.AddKey(one, hash("d")) }, nil, domain.ErrServiceKeys},
		"a key for an ended": {[]any{added, ended}, func(s *services) ([]any, error) { return s.AddKey(one, hash("d")) }, nil, domain.ErrServiceEnded},
		"a third after one ended": {[]any{added, key, keyEnded}, func(s *services) ([]any, error) { return s.AddKey(one, hash("d")) },
			[]any{domain.ServiceKeyAdded{Service: one, Key: 3, KeyHash: hash("d")}}, nil},
		"end a key":        {[]any{added, key}, func(s *services) ([]any, error) { return s.EndKey(one, 1) }, []any{keyEnded}, nil},
		"end the only key": {[]any{added}, func(s *services) ([]any, error) { return s.EndKey(one, 1) }, []any{keyEnded}, nil},
		"end it twice":     {[]any{added, keyEnded}, func(s *services) ([]any, error) { return s.EndKey(one, 1) }, nil, nil},
		"end no key":       {[]any{added}, func(s *services) ([]any, error) { return s.EndKey(one, 2) }, nil, domain.ErrNoServiceKey},
		"end":              {[]any{added, suspended}, func(s *services) ([]any, error) { return s.End(one) }, []any{ended}, nil},
		"end twice":        {[]any{added, ended}, func(s *services) ([]any, error) { return s.End(one) }, nil, nil},
		"end nobody":       {[]any{added}, func(s *services) ([]any, error) { return s.End(other) }, nil, domain.ErrNoService},
	} {
		s := domain.NewServices()
		apply(t, s, noon, c.given...)
		events, err := c.when(s)
		if !errors.Is(err, c.err) {
			t.Errorf("%s: %v", name, err)
		}
		sameEvents(t, events, c.then...)
	}
}

// TestServiceKeys: a key is good until it, or its service, ends, and says what it may be used for.
func TestServiceKeys(t *testing.T) {
	id := domain.ServiceID{UUID: uuid.New()}
	s := domain.NewServices()
	if s.ByID(id) != nil || s.ByName("maps") != nil || !errors.Is(s.ByID(id).Asks("location", "weather"), domain.ErrServiceKey) {
		t.Error("an unknown service may ask")
	}
	apply(t, s, noon, domain.ServiceAdded{Service: id, Name: "maps", KeyHash: hash("a"),
		Allowed: []domain.Allowance{{Permission: "location", Purpose: "weather"}}})
	fork := s.Fork()
	owner := func(key string) int { return s.ByID(id).Owner(hash(key)) }
	if owner("a") != 1 || owner("b") != 0 || s.ByID(id).Owner("") != 0 || s.ByID(id).Asks("location", "weather") != nil {
		t.Error("it may not what it may")
	}
	if err := s.ByID(id).Asks("location", "navigation"); !errors.Is(err, domain.ErrOutsideKey) || !strings.Contains(err.Error(), "location:weather") {
		t.Errorf("outside of its key: %v", err)
	}
	apply(t, s, noon, domain.ServiceKeyAdded{Service: id, Key: 2, KeyHash: hash("b")})
	if owner("a") != 1 || owner("b") != 2 {
		t.Error("two are not valid during a change")
	}
	apply(t, s, noon, domain.ServiceKeyEnded{Service: id, Key: 1}, domain.ServiceSuspended{Service: id})
	if owner("a") != 0 || owner("b") != 2 || !errors.Is(s.ByID(id).Asks("location", "weather"), domain.ErrSuspended) {
		t.Error("after the change")
	}
	apply(t, s, noon, domain.ServiceEnded{Service: id})
	if owner("b") != 0 || s.ByID(id).State != domain.ServiceStopped || len(s.All()) != 1 {
		t.Error("a key of one that ended")
	}
	if one := fork.ByID(id); one.State != domain.ServiceActive || len(one.Keys) != 1 || one.Owner(hash("a")) != 1 {
		t.Error("the copy saw what was done to the original")
	}
}
