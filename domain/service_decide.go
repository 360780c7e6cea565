package domain

import "slices"

// Add decides to connect a service.
func (s *Services) Add(id ServiceID, name Slug, allowed []Allowance, key Hash) ([]any, error) {
	if name.Validate() != nil {
		return nil, ErrSlug
	}
	allowed, err := allowances(allowed)
	switch {
	case err != nil:
		return nil, err
	case s.ByName(name) != nil:
		return nil, ErrSlugTaken
	}
	return []any{ServiceAdded{Service: id, Name: name, KeyHash: key, Allowed: allowed}}, nil
}

// Rename decides to give a service another name; no event if it has it already. The names it had stay its own.
func (s *Services) Rename(id ServiceID, name Slug) ([]any, error) {
	one, err := s.open(id)
	if err != nil {
		return nil, err
	}
	if name.Validate() != nil {
		return nil, ErrSlug
	}
	if one.Name == name {
		return nil, nil
	}
	if other := s.ByName(name); other != nil && other.ID != id {
		return nil, ErrSlugTaken
	}
	return []any{ServiceRenamed{Service: id, Name: name}}, nil
}

// Allow decides what a service may ask about from now on; no event if that is what it may.
func (s *Services) Allow(id ServiceID, allowed []Allowance) ([]any, error) {
	one, err := s.open(id)
	if err != nil {
		return nil, err
	}
	if allowed, err = allowances(allowed); err != nil {
		return nil, err
	}
	same := len(allowed) == len(one.Allowed)
	for _, a := range allowed {
		same = same && slices.Contains(one.Allowed, a)
	}
	if same {
		return nil, nil
	}
	return []any{ServiceAllowed{Service: id, Allowed: allowed}}, nil
}

// Suspend decides to tell a service nothing until it is resumed; no event if it is suspended already.
func (s *Services) Suspend(id ServiceID) ([]any, error) {
	one, err := s.open(id)
	if err != nil || one.State == ServicePaused {
		return nil, err
	}
	return []any{ServiceSuspended{Service: id}}, nil
}

// Resume decides to end a suspension; no event if there is none.
func (s *Services) Resume(id ServiceID) ([]any, error) {
	one, err := s.open(id)
	if err != nil || one.State == ServiceActive {
		return nil, err
	}
	return []any{ServiceResumed{Service: id}}, nil
}

// AddKey decides to give a service another key.
func (s *Services) AddKey(id ServiceID, key Hash) ([]any, error) {
	one, err := s.open(id)
	if err != nil {
		return nil, err
	}
	if one.Valid() >= ServiceKeys {
		return nil, ErrServiceKeys
	}
	return []any{ServiceKeyAdded{Service: id, Key: len(one.Keys) + 1, KeyHash: key}}, nil
}

// EndKey decides to end a key of a service, also its only one; no event if it has ended.
func (s *Services) EndKey(id ServiceID, key int) ([]any, error) {
	one := s.byID[id]
	if one == nil {
		return nil, ErrNoService
	}
	i := slices.IndexFunc(one.Keys, func(k ServiceKey) bool { return k.Number == key })
	if i < 0 {
		return nil, ErrNoServiceKey
	}
	if !one.Keys[i].Ended.IsZero() {
		return nil, nil
	}
	return []any{ServiceKeyEnded{Service: id, Key: key}}, nil
}

// End decides to end a service for good; no event if it has ended.
func (s *Services) End(id ServiceID) ([]any, error) {
	one := s.byID[id]
	if one == nil {
		return nil, ErrNoService
	}
	if one.State == ServiceStopped {
		return nil, nil
	}
	return []any{ServiceEnded{Service: id}}, nil
}

// open is a service that has not ended.
func (s *Services) open(id ServiceID) (*Service, error) {
	one := s.byID[id]
	switch {
	case one == nil:
		return nil, ErrNoService
	case one.State == ServiceStopped:
		return nil, ErrServiceEnded
	}
	return one, nil
}

// allowances refuses what is not in the catalogue, and nothing at all, and drops repetitions.
func allowances(all []Allowance) ([]Allowance, error) {
	var out []Allowance
	for _, a := range all {
		p, ok := TheCatalogue().Permission(a.Permission)
		if !ok {
			return nil, ErrAllowed
		}
		if _, ok := p.Purpose(a.Purpose); !ok {
			return nil, ErrAllowed
		}
		if !slices.Contains(out, a) {
			out = append(out, a)
		}
	}
	if len(out) == 0 {
		return nil, ErrAllowed
	}
	return out, nil
}
