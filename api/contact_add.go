package api

import (
	"context"

	"accountledger/commands"
	"accountledger/domain"
)

type addContactIn struct {
	Keyed
	Body body[addContactBody]
}

type addContactBody struct {
	Email string `json:"email" format:"email" example:"ada@example.org" doc:"The address to add; a code is sent to it."`
}

// addContact asks for another address of a person's account. The answer is the same whether or not another account has it.
func (a *API) addContact() {
	route(a, accepted(operation("addContact", "POST", "/v1/me/contacts", "me", "Add an address",
		"Sends a code to the address; POST /v1/verifications/{id}/check with it adds the address. The answer is the same whether or not another account has it. "+
			"An account has at most three.")), of(a.Menu.AddContact.May),
		func(ctx context.Context, r *ask, in *addContactIn) (*answer[verificationAnswer], error) {
			out, err := a.Menu.AddContact(ctx, r.Request, commands.AddContact{Email: in.Body.value.Email})
			if err != nil {
				return nil, err
			}
			return reply(a, out.Position, sent(commands.SignedUp(out.Value))), nil
		}, domain.ErrContactOwn, domain.ErrContacts, domain.ErrHeld, domain.ErrMessages, domain.ErrRate, domain.ErrChanges)
}
