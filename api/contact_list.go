package api

import (
	"context"
	"time"

	"accountledger/commands"
	"accountledger/domain"
)

type contactView struct {
	ID    domain.ClaimID        `json:"id" format:"uuid"`
	Kind  domain.IdentifierKind `json:"kind"`
	Email string                `json:"email"`
	Since time.Time             `json:"since" doc:"When it was proven."`
}

type contactsAnswer struct {
	Contacts []contactView `json:"contacts" doc:"The oldest first."`
}

func contactViews(of []commands.Contact) []contactView {
	out := make([]contactView, len(of))
	for i, c := range of {
		out[i] = contactView{c.ID, c.Kind, c.Email, c.Since}
	}
	return out
}

// listContacts lists a person's proven addresses, to them.
func (a *API) listContacts() {
	route(a, operation("listContacts", "GET", "/v1/me/contacts", "me", "List your addresses", "You can sign in with each of them."), of(a.Menu.ListContacts.May),
		func(ctx context.Context, r *ask, _ *struct{}) (*answer[contactsAnswer], error) {
			out, err := a.Menu.ListContacts(ctx, r.Request, struct{}{})
			if err != nil {
				return nil, err
			}
			return reply(a, out.Position, contactsAnswer{contactViews(out.Value)}), nil
		})
}
