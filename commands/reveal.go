package commands

import (
	"context"
	"slices"

	"accountledger/domain"
)

// Reveal shows personal data of one person.
type Reveal struct {
	Why
	Account domain.AccountID      `json:"account"`
	Parts   []domain.RevealedPart `json:"parts"`
}

// Revealed holds the parts asked for; a part whose key is destroyed is missing.
type Revealed struct {
	Record     domain.EventID
	Emails     []string
	BirthMonth domain.Month
	Devices    []Device
	Clients    []Session
}

// reveal records who sees which data of whom and why, then shows it. An account that does not exist is answered like an erased
// one; both looks are recorded.
func (k *call) reveal(ctx context.Context, in Reveal) (Revealed, error) {
	if err := in.Validate(); err != nil {
		return Revealed{}, err
	}
	if len(in.Parts) == 0 || len(in.Parts) > len(domain.RevealedPart("").Values()) {
		return Revealed{}, domain.ErrPart
	}
	for _, p := range in.Parts {
		if p.Validate() != nil {
			return Revealed{}, domain.ErrPart
		}
	}
	owner := k.asOwner(in.Account)
	var sessions []monthSessions
	if slices.Contains(in.Parts, domain.RevealClients) { // read with the account, but shown only once the look is recorded
		var err error
		if sessions, err = owner.eachMonth(ctx); err != nil {
			return Revealed{}, err
		}
	}
	a, err := k.account(ctx, in.Account)
	if err != nil {
		return Revealed{}, err
	}
	found := a.Exists() && !a.Erasure.Done()
	f, err := k.record(ctx, about{subject: in.Account, region: a.Region, purpose: in.Purpose, caseID: in.Case},
		domain.AccessRevealed{Parts: in.Parts, Found: found})
	if err != nil {
		return Revealed{}, err
	}
	if !found {
		return Revealed{}, domain.ErrNotFound
	}
	out := Revealed{Record: f.ID}
	var o opening
	showParts(&o, a, in.Parts, &out)
	if len(sessions) > 0 {
		out.Clients = owner.sessionsOf(&o, sessions)
	}
	err = o.open(ctx, k.Journal)
	return out, err
}

// showParts adds the parts of an account itself to what is shown.
func showParts(o *opening, a *domain.Account, parts []domain.RevealedPart, out *Revealed) {
	if slices.Contains(parts, domain.RevealEmail) {
		for _, c := range a.Contacts {
			show(o, c.Fact, c.Contact, func(c domain.Contact) {
				if c.Typed != "" { // its key is not destroyed
					out.Emails = append(out.Emails, c.Typed)
				}
			})
		}
	}
	if slices.Contains(parts, domain.RevealBirth) {
		show(o, a.Birth.Fact, a.Birth.Month, func(b domain.BirthMonth) { out.BirthMonth = b.Month })
	}
	models, names := slices.Contains(parts, domain.RevealModels), slices.Contains(parts, domain.RevealNames)
	if (models || names) && len(a.Devices) > 0 {
		out.Devices = devicesOf(o, a, models, names)
	}
}

// asOwner reads what only the account's owner may.
func (k *call) asOwner(id domain.AccountID) *call {
	as := &call{core: k.core, Request: k.Request, now: k.now}
	as.Caller = domain.Caller{Actor: domain.Actor{Kind: domain.ActorPerson, ID: domain.ID[any](id)}, Account: id}
	return as
}
