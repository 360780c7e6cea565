package commands

import (
	"time"

	"accountledger/domain"
)

// Rule says who may ask. It looks only at the caller, never at what is asked for, so that a refusal reveals nothing.
type Rule func(domain.Caller) error

// anyone: guests too.
func anyone(domain.Caller) error { return nil }

// signedIn: a person or an officer, whatever the account's state.
func signedIn(c domain.Caller) error {
	if c.Actor.Kind != domain.ActorPerson && c.Actor.Kind != domain.ActorStaff {
		return domain.ErrSession
	}
	return nil
}

// owner: a person, for their own account.
func owner(c domain.Caller) error {
	if err := ownerEvenClosing(c); err != nil {
		return err
	}
	if c.Closing {
		return domain.ErrClosing
	}
	return nil
}

// ownerEvenClosing: a person, even while their account awaits erasure.
func ownerEvenClosing(c domain.Caller) error {
	switch c.Actor.Kind {
	case domain.ActorPerson:
		return nil
	case domain.ActorGuest:
		return domain.ErrSession
	default:
		return domain.ErrForbidden
	}
}

// How old the last proof of who the caller is may be, for what a stolen token must not be enough for (OWASP ASVS 7.5.3).
const (
	freshPerson  = domain.FactorFreshness
	freshOfficer = 15 * time.Minute
)

// fresh is a rule whose callers must have proven lately who they are, as surely as they can.
func fresh(rule Rule, within time.Duration) Rule {
	return func(c domain.Caller) error {
		if err := rule(c); err != nil {
			return err
		}
		if c.Level < c.Reach || c.ProofAge > within {
			return domain.StepUpRequired(max(c.Reach, domain.LevelOne), within, c.Ways)
		}
		return nil
	}
}

// officer: an officer with a role.
func officer(role domain.Role) Rule {
	return func(c domain.Caller) error {
		switch {
		case c.Actor.Kind == domain.ActorGuest:
			return domain.ErrSession
		case !c.Has(role):
			return domain.ErrForbidden
		}
		return nil
	}
}

// service: a connected service, by its key.
func service(c domain.Caller) error {
	switch c.Actor.Kind {
	case domain.ActorService:
		return nil
	case domain.ActorGuest:
		return domain.ErrServiceKey
	default:
		return domain.ErrForbidden
	}
}

// operator: somebody running a command on the machine.
func operator(c domain.Caller) error { return only(c, domain.ActorOperator) }

// system: the ledger's own processes.
func system(c domain.Caller) error { return only(c, domain.ActorSystem) }

func only(c domain.Caller, kind domain.ActorKind) error {
	if c.Actor.Kind != kind {
		return domain.ErrForbidden
	}
	return nil
}

// DailyView is the view that analysts may query.
const DailyView domain.ViewName = "daily"

// viewer: an officer who may query some view; Viewer says which.
func viewer(c domain.Caller) error {
	if c.Has(domain.RoleAnalyst) {
		return nil
	}
	return officer(domain.RoleCompliance)(c)
}

// Viewer is the rule for one view: compliance officers for every view, analysts for daily counts only. An analyst is refused
// every other view, whether it exists or not.
func Viewer(view domain.ViewName) Rule {
	if view == DailyView {
		return viewer
	}
	return officer(domain.RoleCompliance)
}
