package api

import (
	"context"
	"time"

	"accountledger/domain"
	"accountledger/journal"
)

type meAnswer struct {
	Account    domain.AccountID `json:"account" format:"uuid"`
	Email      string           `json:"email" doc:"The primary address."`
	BirthMonth domain.Month     `json:"birth_month"`
	Corrected  *time.Time       `json:"birth_month_corrected_at,omitzero" doc:"When you corrected it, which you can do once."`
	Region     domain.Region    `json:"region"`
	Language   domain.Language  `json:"language"`
	Rules      domain.Rules     `json:"rules" doc:"The row and version of the age table that was applied."`
	Capacity   domain.Capacity  `json:"capacity" doc:"Whether you may decide on your own."`
	OpenedAt   time.Time        `json:"opened_at"`
	Erasure    *erasureAnswer   `json:"erasure,omitzero" doc:"Present while an erasure is pending."`
}

// me shows a person their own account. It is not recorded, since nobody else looks.
func (a *API) me() {
	route(a, operation("me", "GET", "/v1/me", "me", "See your account", "What the ledger holds about you, decrypted."), of(a.Menu.Me.May),
		func(ctx context.Context, r *ask, _ *struct{}) (*answer[meAnswer], error) {
			out, err := a.Menu.Me(ctx, r.Request, struct{}{})
			if err != nil {
				return nil, err
			}
			v := out.Value
			ans := meAnswer{v.Account, v.Email, v.BirthMonth, nil, v.Region, v.Language, v.Rules, v.Capacity, v.Opened, nil}
			if !v.Corrected.IsZero() {
				ans.Corrected = &v.Corrected
			}
			if v.Erasure != nil {
				e := erasureOf(*v.Erasure)
				ans.Erasure = &e
			}
			return reply(a, journal.Position{}, ans), nil
		}, domain.ErrNotFound)
}
