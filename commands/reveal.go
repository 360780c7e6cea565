package commands

import (
	"context"
	"slices"

	"accountledger/domain"
	"accountledger/journal"
)

// Reveal shows personal data of one person.
type Reveal struct {
	Why
	Account domain.AccountID      `json:"account"`
	Parts   []domain.RevealedPart `json:"parts"`
}

// mostParts is how many parts there are.
const mostParts = 5

// Revealed holds the parts asked for; a part whose key is destroyed is missing.
type Revealed struct {
	Record     domain.EventID
	Email      string
	BirthMonth domain.Month
	Devices    []Device
	Clients    []Session
}

// reveal records who sees which data of whom and why, then shows it. An account that does not exist is answered like an erased
// one; both looks are recorded.
func (k *call) reveal(ctx context.Context, in Reveal) (Revealed, error) {
	if err := in.validate(); err != nil {
		return Revealed{}, err
	}
	if len(in.Parts) == 0 || len(in.Parts) > mostParts {
		return Revealed{}, domain.ErrPart
	}
	for _, p := range in.Parts {
		if p.Validate() != nil {
			return Revealed{}, domain.ErrPart
		}
	}
	if slices.Contains(in.Parts, domain.RevealClients) { // read with the account, but shown only once the look is recorded
		if _, err := k.asOwner(in.Account).eachOpen(ctx); err != nil {
			return Revealed{}, err
		}
	}
	a, _, err := k.account(ctx, in.Account)
	if err != nil {
		return Revealed{}, err
	}
	found := a.Exists() && !a.Erasure.Done()
	f, err := k.record(ctx, about{subject: in.Account, region: a.Region, purpose: in.Purpose, caseID: in.Case}, domain.AccessRevealed{Parts: in.Parts, Found: found})
	if err != nil {
		return Revealed{}, err
	}
	if !found {
		return Revealed{}, domain.ErrNotFound
	}
	out := Revealed{Record: f.ID}
	return out, k.openParts(ctx, a, in.Parts, &out)
}

func (k *call) openParts(ctx context.Context, a *domain.Account, parts []domain.RevealedPart, out *Revealed) error {
	if slices.Contains(parts, domain.RevealEmail) {
		contact, err := journal.Open(ctx, k.Journal, a.OpenedFact, a.Opened.Contact)
		if err = ignoreUnreadable(err); err != nil {
			return err
		}
		out.Email = contact.Typed
	}
	if slices.Contains(parts, domain.RevealBirth) {
		birth, err := journal.Open(ctx, k.Journal, a.OpenedFact, a.Opened.Birth)
		if err = ignoreUnreadable(err); err != nil {
			return err
		}
		out.BirthMonth = birth.Month
	}
	models, names := slices.Contains(parts, domain.RevealModels), slices.Contains(parts, domain.RevealNames)
	if models || names {
		for _, d := range a.Devices {
			v, err := k.deviceView(ctx, d)
			if err != nil {
				return err
			}
			if !models {
				v.Model = ""
			}
			if !names {
				v.Name = ""
			}
			out.Devices = append(out.Devices, v)
		}
		slices.SortFunc(out.Devices, func(x, y Device) int { return x.Linked.Compare(y.Linked) })
	}
	if slices.Contains(parts, domain.RevealClients) {
		return k.revealClients(ctx, a, out)
	}
	return nil
}

func (k *call) revealClients(ctx context.Context, a *domain.Account, out *Revealed) error {
	sessions, err := k.asOwner(a.ID).listSessions(ctx, struct{}{})
	out.Clients = sessions
	return err
}

// asOwner reads what only the account's owner may.
func (k *call) asOwner(id domain.AccountID) *call {
	as := &call{core: k.core, Request: k.Request, now: k.now}
	as.Caller = domain.Caller{Actor: domain.Actor{Kind: domain.ActorPerson, ID: domain.ID[any](id)}, Account: id}
	return as
}
