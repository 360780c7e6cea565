package commands

import (
	"context"

	"accountledger/domain"
)

// Why is the reason an officer must give before looking.
type Why struct {
	Purpose domain.Purpose `json:"purpose"`
	Case    domain.CaseID  `json:"case"`
}

// Validate refuses a look without a purpose or a case.
func (w Why) Validate() error {
	if w.Purpose.ValidateLook() != nil {
		return domain.ErrLookPurpose
	}
	if w.Case.Validate() != nil {
		return domain.ErrCase
	}
	return nil
}

// LookUp finds the account of an e-mail address. There is no other way to search for one.
type LookUp struct {
	Why
	Email string `json:"email"`
}

// LookedUp is the account, if there is one.
type LookedUp struct {
	Found   bool
	Account domain.AccountID
}

// lookUp records the look, then answers.
func (k *call) lookUp(ctx context.Context, in LookUp) (LookedUp, error) {
	contact, err := domain.ParseEmail(in.Email)
	if err != nil {
		return LookedUp{}, err
	}
	if err := in.Validate(); err != nil {
		return LookedUp{}, err
	}
	_, claim, err := k.claimOf(ctx, k.digest(spacePeople, contact))
	if err != nil {
		return LookedUp{}, err
	}
	out := LookedUp{Found: claim.Held()}
	if out.Found {
		out.Account = claim.Account
	}
	_, err = k.record(ctx, about{subject: out.Account, purpose: in.Purpose, caseID: in.Case}, domain.AccessLookedUp{Kind: contact.Kind, Found: out.Found})
	if err != nil {
		return LookedUp{}, err
	}
	return out, nil
}
