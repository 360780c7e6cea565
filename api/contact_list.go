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
	// Of one that you have:
	Primary bool `json:"primary,omitzero" doc:"Codes and notices go there."`
	// Of one that was removed:
	Removed   *time.Time `json:"removed_at,omitzero" doc:"When it was removed."`
	UndoUntil *time.Time `json:"undo_until,omitzero" doc:"Until when the link in the message that was sent there can put it back."`
}

type contactsAnswer struct {
	Contacts []contactView `json:"contacts" doc:"The oldest first."`
	Removed  []contactView `json:"removed" doc:"Those that were removed lately and can be put back."`
}

func contactViews(of []commands.Contact) (a contactsAnswer) {
	a = contactsAnswer{[]contactView{}, []contactView{}}
	for _, c := range of {
		v := contactView{ID: c.ID, Kind: c.Kind, Email: c.Email, Since: c.Since, Primary: c.Primary}
		if c.Removed.IsZero() {
			a.Contacts = append(a.Contacts, v)
			continue
		}
		v.Removed, v.UndoUntil = &c.Removed, &c.UndoUntil
		a.Removed = append(a.Removed, v)
	}
	return a
}

// listContacts lists a person's proven addresses, to them.
func (a *API) listContacts() {
	route(a, operation("listContacts", "GET", "/v1/me/contacts", "me", "List your addresses",
		"You can sign in with each of them, but not with those that were removed."), of(a.Menu.ListContacts.May),
		func(ctx context.Context, r *ask, _ *struct{}) (*answer[contactsAnswer], error) {
			out, err := a.Menu.ListContacts(ctx, r.Request, struct{}{})
			if err != nil {
				return nil, err
			}
			return reply(a, out.Position, contactViews(out.Value)), nil
		})
}
