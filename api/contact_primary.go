package api

import (
	"context"

	"accountledger/commands"
	"accountledger/domain"
)

type ownContactIn struct {
	Keyed
	ID string `path:"id" format:"uuid" doc:"The address, from GET /v1/me/contacts."`
}

func (in *ownContactIn) contact() (commands.OwnContact, error) {
	id, err := pathID(in.ID)
	return commands.OwnContact{ID: domain.ClaimID{UUID: id}}, err
}

// makePrimary has codes and notices to a person go to another of their addresses.
func (a *API) makePrimary() {
	route(a, operation("makePrimary", "POST", "/v1/me/contacts/{id}/primary", "me", "Make an address the primary one",
		"Codes and notices go there from now on. The one before it hears of that, and stays an address to sign in with."), of(a.Menu.MakePrimary.May),
		func(ctx context.Context, r *ask, in *ownContactIn) (*done, error) {
			one, err := in.contact()
			if err != nil {
				return nil, err
			}
			out, err := a.Menu.MakePrimary(ctx, r.Request, one)
			if err != nil {
				return nil, err
			}
			return &done{Positioned{a.sealPosition(out.Position)}}, nil
		}, domain.ErrNotFound, domain.ErrGuarded, domain.ErrMessages, domain.ErrChanges)
}
