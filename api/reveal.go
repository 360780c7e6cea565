package api

import (
	"context"

	"accountledger/commands"
	"accountledger/domain"
)

type revealIn struct {
	ID   string `path:"id" format:"uuid" doc:"The account."`
	Body body[revealBody]
}

type revealBody struct {
	Purpose string                `json:"purpose" format:"look-purpose"`
	Case    domain.CaseID         `json:"case" doc:"The case that this belongs to." example:"DSR-2026-0042"`
	Parts   []domain.RevealedPart `json:"parts" minItems:"1" doc:"What to show: email, birth_month, device_models, device_names or clients."`
}

type revealAnswer struct {
	Record     domain.EventID `json:"record" format:"uuid" doc:"The entry that records this look; the person sees it."`
	Emails     []string       `json:"emails,omitzero" doc:"The oldest first."`
	BirthMonth domain.Month   `json:"birth_month,omitzero"`
	Devices    []deviceAnswer `json:"devices,omitzero"`
	Clients    []sessionView  `json:"clients,omitzero" doc:"Open sessions and where they were started from."`
}

// reveal shows personal data of one person to an officer after recording the look. An account that does not exist is
// answered like an erased one.
func (a *API) reveal() {
	route(a, operation("reveal", "POST", "/v1/accounts/{id}/reveal", "looking", "Show personal data of one person",
		"For compliance officers, with purpose and case. Recorded before it is shown; the person sees who looked, at what and why."), of(a.Menu.Reveal.May),
		func(ctx context.Context, r *ask, in *revealIn) (*answer[revealAnswer], error) {
			id, err := pathID(in.ID)
			if err != nil {
				return nil, err
			}
			b := in.Body.value
			out, err := a.Menu.Reveal(ctx, r.Request, commands.Reveal{Why: commands.Why{Purpose: domain.Purpose(b.Purpose), Case: b.Case},
				Account: domain.AccountID{UUID: id}, Parts: b.Parts})
			if err != nil {
				return nil, err
			}
			v := out.Value
			ans := revealAnswer{Record: v.Record, Emails: v.Emails, BirthMonth: v.BirthMonth}
			if v.Devices != nil {
				ans.Devices = devicesOf(v.Devices)
			}
			if v.Clients != nil {
				ans.Clients = sessionViews(v.Clients)
			}
			return reply(a, out.Position, ans), nil
		}, domain.ErrNotFound)
}
