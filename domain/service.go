package domain

import (
	"crypto/subtle"
	"maps"
	"slices"
	"strings"
	"time"
)

// ServiceKeys is how many valid keys a service has at most: two, so that one can be changed for the other without a refused request.
const ServiceKeys = 2

// ServiceState says what a service is.
type ServiceState string

// States of services.
const (
	ServiceActive  ServiceState = "active"
	ServicePaused  ServiceState = "suspended"
	ServiceStopped ServiceState = "ended"
)

// Values lists them all.
func (ServiceState) Values() []ServiceState {
	return []ServiceState{ServiceActive, ServicePaused, ServiceStopped}
}

// ServiceKey is one key of a service. Ended is zero while it is valid.
type ServiceKey struct {
	Number         int
	Hash           Hash
	Created, Ended time.Time
}

// Service is a connected service. Since is when it came into its state.
type Service struct {
	ID           ServiceID
	Name         Slug
	State        ServiceState
	Added, Since time.Time
	Allowed      []Allowance
	Keys         []ServiceKey // by number
}

// Owner gives the number of the service's valid key with a hash, compared in constant time; 0 if none has it.
func (s *Service) Owner(key Hash) (number int) {
	for _, k := range s.Keys {
		if k.Ended.IsZero() && subtle.ConstantTimeCompare([]byte(key), []byte(k.Hash)) == 1 {
			number = k.Number
		}
	}
	return number
}

// Valid is how many valid keys the service has.
func (s *Service) Valid() (n int) {
	for _, k := range s.Keys {
		if k.Ended.IsZero() {
			n++
		}
	}
	return n
}

// Asks refuses what the service may not ask about, and says what it may.
func (s *Service) Asks(p Permission, u Purpose) error {
	switch {
	case s == nil || s.State == ServiceStopped:
		return ErrServiceKey
	case s.State == ServicePaused:
		return ErrSuspended
	case !slices.Contains(s.Allowed, Allowance{p, u}):
		e := *ErrOutsideKey
		may := make([]string, len(s.Allowed))
		for i, a := range s.Allowed {
			may[i] = string(a.Permission) + ":" + string(a.Purpose)
		}
		e.Message += " It is for " + strings.Join(may, ", ") + "."
		return &e
	}
	return nil
}

// Services are all services that were ever connected.
type Services struct {
	byID  map[ServiceID]*Service // a service is replaced, never written to
	names map[Slug]ServiceID     // former ones too
	order []ServiceID
}

// NewServices are none.
func NewServices() *Services {
	return &Services{byID: map[ServiceID]*Service{}, names: map[Slug]ServiceID{}}
}

// Fork returns a copy to apply facts to; see forked.
func (s *Services) Fork() *Services {
	return &Services{byID: maps.Clone(s.byID), names: maps.Clone(s.names), order: slices.Clip(s.order)}
}

// All lists them, the oldest first.
func (s *Services) All() []*Service {
	out := make([]*Service, len(s.order))
	for i, id := range s.order {
		out[i] = s.byID[id]
	}
	return out
}

// ByID is one service, nil if there is none. It must not be written to.
func (s *Services) ByID(id ServiceID) *Service { return s.byID[id] }

// ByName is the service that has a name or once had it; nil if none did.
func (s *Services) ByName(name Slug) *Service { return s.byID[s.names[name]] }

// Apply applies a fact to the state.
func (s *Services) Apply(f Fact) error {
	switch e := f.Event.(type) {
	case ServiceAdded:
		s.byID[e.Service] = &Service{ID: e.Service, Name: e.Name, State: ServiceActive, Added: f.At, Since: f.At, Allowed: e.Allowed,
			Keys: []ServiceKey{{Number: 1, Hash: e.KeyHash, Created: f.At}}}
		s.names[e.Name] = e.Service
		s.order = append(s.order, e.Service)
	case ServiceRenamed:
		s.names[e.Name] = e.Service
		s.put(e.Service, func(one *Service) { one.Name = e.Name })
	case ServiceAllowed:
		s.put(e.Service, func(one *Service) { one.Allowed = e.Allowed })
	case ServiceSuspended:
		s.put(e.Service, func(one *Service) { one.State, one.Since = ServicePaused, f.At })
	case ServiceResumed:
		s.put(e.Service, func(one *Service) { one.State, one.Since = ServiceActive, f.At })
	case ServiceKeyAdded:
		s.put(e.Service, func(one *Service) {
			one.Keys = append(one.Keys, ServiceKey{Number: e.Key, Hash: e.KeyHash, Created: f.At})
		})
	case ServiceKeyEnded:
		s.put(e.Service, func(one *Service) { one.end(e.Key, f.At) })
	case ServiceEnded:
		s.put(e.Service, func(one *Service) {
			one.State, one.Since = ServiceStopped, f.At
			for _, k := range one.Keys {
				one.end(k.Number, f.At)
			}
		})
	default:
		return unexpected(f)
	}
	return nil
}

// put replaces a service by a changed copy of its own.
func (s *Services) put(id ServiceID, change func(*Service)) {
	before := s.byID[id]
	if before == nil {
		return
	}
	one := *before
	one.Keys = slices.Clone(before.Keys)
	change(&one)
	s.byID[id] = &one
}

func (s *Service) end(key int, at time.Time) {
	for i := range s.Keys {
		if k := &s.Keys[i]; k.Number == key && k.Ended.IsZero() {
			k.Ended = at
		}
	}
}
