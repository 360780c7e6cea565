package api

import (
	"context"

	"accountledger/commands"
	"accountledger/domain"
)

type correctBirthIn struct {
	Keyed
	Body body[correctBirthBody]
}

type correctBirthBody struct {
	BirthMonth string `json:"birth_month" format:"birth-month" doc:"Year and month." example:"1990-05"`
}

type birthAnswer struct {
	Capacity domain.Capacity `json:"capacity" doc:"Whether you may decide on your own, by the corrected month."`
}

// correctBirth corrects a person's month of birth, once.
func (a *API) correctBirth() {
	route(a, operation("correctBirth", "POST", "/v1/me/birth-month", "me", "Correct your month of birth",
		"It can be done once. Whether you may decide on your own is decided again at once. A minor cannot become older by it."),
		of(a.Menu.CorrectBirth.May),
		func(ctx context.Context, r *ask, in *correctBirthIn) (*answer[birthAnswer], error) {
			out, err := a.Menu.CorrectBirth(ctx, r.Request, commands.CorrectBirth{BirthMonth: in.Body.value.BirthMonth})
			if err != nil {
				return nil, err
			}
			return reply(a, out.Position, birthAnswer{out.Value}), nil
		}, domain.ErrBirthOnce, domain.ErrBirthSame, domain.ErrBirthOlder, domain.ErrCapacity, domain.ErrChanges)
}
