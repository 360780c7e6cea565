package api

import (
	"accountledger/domain"
)

// audience says who may ask a route. It is asked before anything of the request but its path is looked at; the
// command decides again, by the same rules.
type audience func(c domain.Caller, parameter func(name string) string) error

// anyone: guests too.
func anyone(domain.Caller, func(string) string) error { return nil }

// signedIn: a person or an officer.
func signedIn(c domain.Caller, _ func(string) string) error {
	if c.Actor.Kind != domain.ActorPerson && c.Actor.Kind != domain.ActorStaff {
		return domain.ErrSession
	}
	return nil
}

// owner: a person, about their own account.
func owner(c domain.Caller, parameter func(string) string) error {
	if err := ownerEvenClosing(c, parameter); err != nil {
		return err
	}
	if c.Closing {
		return domain.ErrClosing
	}
	return nil
}

// ownerEvenClosing: a person, also while their account waits to be erased.
func ownerEvenClosing(c domain.Caller, _ func(string) string) error {
	switch c.Actor.Kind {
	case domain.ActorPerson:
		return nil
	case domain.ActorGuest:
		return domain.ErrSession
	default:
		return domain.ErrForbidden
	}
}

// service: a connected service with its key.
func service(c domain.Caller, _ func(string) string) error {
	switch c.Actor.Kind {
	case domain.ActorService:
		return nil
	case domain.ActorGuest:
		return domain.ErrServiceKey
	default:
		return domain.ErrForbidden
	}
}

// compliance: an officer of compliance.
func compliance(c domain.Caller, _ func(string) string) error {
	switch {
	case c.Actor.Kind == domain.ActorGuest:
		return domain.ErrSession
	case !c.Has(domain.RoleCompliance):
		return domain.ErrForbidden
	default:
		return nil
	}
}

// viewers: compliance for every view, analysts for the one of daily counts. To an analyst all others, those that do not
// exist too, are just not allowed.
func viewers(c domain.Caller, parameter func(string) string) error {
	if c.Has(domain.RoleAnalyst) && parameter("view") == dailyView {
		return nil
	}
	return compliance(c, parameter)
}
