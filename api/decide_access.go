package api

import (
	"context"
	"time"

	"accountledger/commands"
	"accountledger/domain"
)

type decideIn struct {
	Body body[decideBody]
}

type decideBody struct {
	Account    string            `json:"account" format:"uuid" doc:"Whose data."`
	Permission domain.Permission `json:"permission" example:"location"`
	Purpose    domain.Purpose    `json:"purpose" example:"navigation"`
}

type decideAnswer struct {
	Decision domain.EventID `json:"decision" format:"uuid" doc:"The entry that records this decision."`
	Outcome  domain.Outcome `json:"outcome"`
	At       time.Time      `json:"at"`
}

// decideAccess tells a service whether it may use a person's data now. A withdrawn, never given, unknown or erased permission is
// simply denied.
func (a *API) decideAccess() {
	route(a, operation("decideAccess", "POST", "/v1/decisions", "services", "Ask whether you may use somebody's data",
		"The decision is recorded before it is answered. The answer is the same, denied, whether permission was withdrawn or never given, or the account is "+
			"unknown or erased."), of(a.Menu.DecideAccess.May),
		func(ctx context.Context, r *ask, in *decideIn) (*answer[decideAnswer], error) {
			id, _ := domain.ParseID(in.Body.value.Account) // its form has been checked
			out, err := a.Menu.DecideAccess(ctx, r.Request, commands.DecideAccess{Account: domain.AccountID{UUID: id},
				Permission: in.Body.value.Permission, Purpose: in.Body.value.Purpose})
			if err != nil {
				return nil, err
			}
			return reply(a, out.Position, decideAnswer{out.Value.ID, out.Value.Outcome, out.Value.At}), nil
		}, domain.ErrOutsideKey, domain.ErrSuspended)
}
