package api

import (
	"context"

	"accountledger/commands"
	"accountledger/domain"
)

type lookUpIn struct {
	Body body[lookUpBody]
}

type lookUpBody struct {
	Email   string        `json:"email" format:"email"`
	Purpose string        `json:"purpose" format:"look-purpose"`
	Case    domain.CaseID `json:"case" doc:"The case that this belongs to." example:"DSR-2026-0042"`
}

type lookUpAnswer struct {
	Found   bool              `json:"found"`
	Account *domain.AccountID `json:"account,omitzero" format:"uuid"`
}

// lookUp finds the account of an e-mail address; there is no other way to search for one. It is recorded first.
func (a *API) lookUp() {
	route(a, operation("lookUp", "POST", "/v1/lookups", "looking", "Find the account of an e-mail address",
		"Exact match; addresses cannot be searched otherwise. For compliance officers. Recorded with purpose and case before it is answered."), of(a.Menu.LookUp.May),
		func(ctx context.Context, r *ask, in *lookUpIn) (*answer[lookUpAnswer], error) {
			b := in.Body.value
			out, err := a.Menu.LookUp(ctx, r.Request, commands.LookUp{Why: commands.Why{Purpose: domain.Purpose(b.Purpose), Case: b.Case}, Email: b.Email})
			if err != nil {
				return nil, err
			}
			ans := lookUpAnswer{Found: out.Value.Found}
			if ans.Found {
				ans.Account = &out.Value.Account
			}
			return reply(a, out.Position, ans), nil
		})
}
