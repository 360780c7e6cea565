package api

import (
	"context"
	"time"

	"accountledger/domain"
)

type removedAnswer struct {
	UndoUntil time.Time `json:"undo_until" doc:"Until then, the link in the message that is sent there puts the address back, and no other account can have it."`
}

// removeContact removes one of a person's addresses.
func (a *API) removeContact() {
	route(a, operation("removeContact", "DELETE", "/v1/me/contacts/{id}", "me", "Remove an address",
		"Nobody can sign in with it any more. A message goes there, with a link and a code that put it back within seven days; after that it is forgotten. "+
			"The primary address cannot be removed: make another one primary first."), of(a.Menu.RemoveContact.May),
		func(ctx context.Context, r *ask, in *ownContactIn) (*answer[removedAnswer], error) {
			one, err := in.contact()
			if err != nil {
				return nil, err
			}
			out, err := a.Menu.RemoveContact(ctx, r.Request, one)
			if err != nil {
				return nil, err
			}
			return reply(a, out.Position, removedAnswer{out.Value.UndoUntil}), nil
		}, domain.ErrNotFound, domain.ErrPrimary, domain.ErrGuarded, domain.ErrMessages, domain.ErrChanges)
}
