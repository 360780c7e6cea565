package api

import (
	"accountledger/domain"
)

// audience says who may use a route. It is checked before anything of the request but its path is read; the command
// checks again, by the same rules.
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

// owner: a person, for their own account.
func owner(c domain.Caller, parameter func(string) string) error {
	if err := ownerEvenClosing(c, parameter); err != nil {
		return err
	}
	if c.Closing {
		return domain.ErrClosing
	}
	return nil
}

// ownerEvenClosing: a person, even while their account awaits erasure.
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

// service: a connected service, by its key.
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

// compliance: a compliance officer.
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

// viewers: compliance officers for every view, analysts for daily counts only. An analyst is refused every other view, whether it
// exists or not.
func viewers(c domain.Caller, parameter func(string) string) error {
	if c.Has(domain.RoleAnalyst) && parameter("view") == dailyView {
		return nil
	}
	return compliance(c, parameter)
}
