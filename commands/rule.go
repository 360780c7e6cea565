package commands

import "accountledger/domain"

// rule says who may ask. It looks at the caller alone, never at what is asked about, so that a refusal tells nothing.
type rule func(domain.Caller) error

// anyone: guests too.
func anyone(domain.Caller) error { return nil }

// signedIn: a person or an officer, whatever state the account is in.
func signedIn(c domain.Caller) error {
	if c.Actor.Kind != domain.ActorPerson && c.Actor.Kind != domain.ActorStaff {
		return domain.ErrSession
	}
	return nil
}

// owner: a person, about their own account.
func owner(c domain.Caller) error {
	if err := ownerEvenClosing(c); err != nil {
		return err
	}
	if c.Closing {
		return domain.ErrClosing
	}
	return nil
}

// ownerEvenClosing: a person, also while their account waits to be erased.
func ownerEvenClosing(c domain.Caller) error {
	switch c.Actor.Kind {
	case domain.ActorPerson:
		return nil
	case domain.ActorGuest:
		return domain.ErrSession
	}
	return domain.ErrForbidden
}

// officer: with a role.
func officer(role domain.Role) rule {
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

// service: a connected service with its key.
func service(c domain.Caller) error {
	switch c.Actor.Kind {
	case domain.ActorService:
		return nil
	case domain.ActorGuest:
		return domain.ErrServiceKey
	}
	return domain.ErrForbidden
}

// operator: whoever runs a command on the machine.
func operator(c domain.Caller) error { return only(c, domain.ActorOperator) }

// system: the ledger's own processes.
func system(c domain.Caller) error { return only(c, domain.ActorSystem) }

func only(c domain.Caller, kind domain.ActorKind) error {
	if c.Actor.Kind != kind {
		return domain.ErrForbidden
	}
	return nil
}

// anyOfficer: with a role that may query some view; which one is decided where views are.
func anyOfficer(c domain.Caller) error {
	if officer(domain.RoleCompliance)(c) == nil || officer(domain.RoleAnalyst)(c) == nil {
		return nil
	}
	return officer(domain.RoleCompliance)(c)
}
