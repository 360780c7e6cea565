package domain

import (
	"crypto/subtle"
	"slices"
	"strings"
)

// Allowance is a permission and purpose that a service may ask about.
type Allowance struct {
	Permission Permission `json:"permission"`
	Purpose    Purpose    `json:"purpose"`
}

// ServiceAdded: a service was connected. Its key is random; the log keeps only a hash.
type ServiceAdded struct {
	Name    Slug        `json:"name"`
	KeyHash Hash        `json:"key_hash"`
	Allowed []Allowance `json:"allowed"`
}

// Service is the state of a connected service.
type Service struct {
	Added *ServiceAdded
}

// Fork returns a copy to apply facts to; see forked.
func (s *Service) Fork() *Service {
	next := *s
	return &next
}

// Apply applies a fact to the state.
func (s *Service) Apply(f Fact) error {
	e, ok := f.Event.(ServiceAdded)
	if !ok {
		return unexpected(f)
	}
	s.Added = &e
	return nil
}

// Owns compares a key with the service's in constant time.
func (s *Service) Owns(key Hash) bool {
	return s.Added != nil && subtle.ConstantTimeCompare([]byte(key), []byte(s.Added.KeyHash)) == 1
}

// Refuse is the refusal of a question that the service may not ask: it says which ones it may.
func (s *Service) Refuse() error {
	e := *ErrOutsideKey
	if s.Added != nil && len(s.Added.Allowed) > 0 {
		may := make([]string, len(s.Added.Allowed))
		for i, a := range s.Added.Allowed {
			may[i] = string(a.Permission) + ":" + string(a.Purpose)
		}
		e.Message += " It is for " + strings.Join(may, ", ") + "."
	}
	return &e
}

// May reports whether the service may ask about a permission and purpose.
func (s *Service) May(p Permission, u Purpose) bool {
	return s.Added != nil && slices.Contains(s.Added.Allowed, Allowance{p, u})
}
