package api

import (
	"context"

	"accountledger/commands"
	"accountledger/domain"
)

type revealIn struct {
	ID   string `path:"id" doc:"The account."`
	Body body[revealBody]
}

type revealBody struct {
	Purpose domain.Purpose        `json:"purpose" enum:"subject_request,security_incident,legal_order,fraud_investigation,support,audit"`
	Case    domain.CaseID         `json:"case" doc:"The case it belongs to." example:"DSR-2026-0042"`
	Parts   []domain.RevealedPart `json:"parts" doc:"What to show: email, birth_month, device_models, device_names, clients."`
}

type revealAnswer struct {
	Record     domain.EventID `json:"record" format:"uuid" doc:"The entry that records this look; its person sees it."`
	Email      string         `json:"email,omitzero"`
	BirthMonth domain.Month   `json:"birth_month,omitzero"`
	Devices    []deviceAnswer `json:"devices,omitzero"`
	Clients    []sessionView  `json:"clients,omitzero" doc:"Open sessions and where they were begun from."`
}

// reveal shows personal parts of one person to an officer, after the look was recorded. An account that does not exist is
// answered as one that is erased.
func (a *API) reveal() {
	route(a, operation("reveal", "POST", "/v1/accounts/{id}/reveal", "looking", "Show personal data of one person",
		"For compliance, with purpose and case. Recorded before it is shown; its person sees who looked, at what and why."), compliance,
		func(ctx context.Context, r *ask, in *revealIn) (*answer[revealAnswer], error) {
			id, err := pathID(in.ID)
			if err != nil {
				return nil, err
			}
			b := in.Body.value
			out, err := a.Menu.Reveal(ctx, r.Request, commands.Reveal{Why: commands.Why{Purpose: b.Purpose, Case: b.Case},
				Account: domain.AccountID{UUID: id}, Parts: b.Parts})
			if err != nil {
				return nil, err
			}
			v := out.Value
			ans := revealAnswer{Record: v.Record, Email: v.Email, BirthMonth: v.BirthMonth}
			if v.Devices != nil {
				ans.Devices = devicesOf(v.Devices)
			}
			if v.Clients != nil {
				ans.Clients = sessionViews(v.Clients)
			}
			return reply(a, out.Position, ans), nil
		})
}
