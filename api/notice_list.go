package api

import (
	"context"
	"time"

	"accountledger/commands"
	"accountledger/domain"
)

type noticesIn struct {
	Permission     string `query:"permission" format:"permission" doc:"Only the notices of this permission." example:"location"`
	Language       string `query:"language" format:"language" doc:"The language of texts (BCP 47). Defaults to your own if you are signed in, then to Accept-Language, then to English." example:"de"`
	AcceptLanguage string `header:"Accept-Language" doc:"Used if the parameter is missing and you are not signed in as a person."`
}

type noticesOut struct {
	Vary string `header:"Vary"`
	Body noticesAnswer
}

type noticesAnswer struct {
	Notices []noticeVersion `json:"notices" doc:"By permission, the newest first; one of each version, in the language that suits best."`
}

type noticeVersion struct {
	ID          domain.EventID    `json:"id" format:"uuid"`
	Permission  domain.Permission `json:"permission" example:"location"`
	Version     int               `json:"version"`
	Material    bool              `json:"material" doc:"Consent given on an earlier version does not carry over."`
	InForce     bool              `json:"in_force" doc:"It is the one that grants are given on."`
	Counts      bool              `json:"counts" doc:"Grants that were given on it count."`
	Language    domain.Language   `json:"language"`
	Controller  domain.Slug       `json:"controller"`
	PublishedAt time.Time         `json:"published_at"`
	Hash        domain.Hash       `json:"hash" doc:"SHA-256 of the text."`
}

// notices lists every version that was ever published.
func (a *API) notices() {
	route(a, operation("notices", "GET", "/v1/notices", "signing up", "List all versions of the notices",
		"Every version that was ever published, with the id to read it by. No sign-in needed."), of(a.Menu.ListNotices.May),
		func(ctx context.Context, r *ask, in *noticesIn) (*noticesOut, error) {
			list := commands.ListNotices{Permission: domain.Permission(in.Permission), Preferred: domain.Negotiate(in.AcceptLanguage)}
			if in.Language != "" {
				var err error
				if list.Language, err = domain.ParseLanguage(in.Language); err != nil {
					return nil, domain.ErrLanguage.At("")
				}
			}
			out, err := a.Menu.ListNotices(ctx, r.Request, list)
			if err != nil {
				return nil, err
			}
			ans := noticesAnswer{make([]noticeVersion, len(out.Value))}
			for i, n := range out.Value {
				ans.Notices[i] = noticeVersion{n.Event, n.Permission, n.Version, n.Material, n.InForce, n.Counts, n.Language, n.Controller, n.At, n.Hash}
			}
			return &noticesOut{"Accept-Language, Authorization", ans}, nil
		}, domain.ErrPermission, domain.ErrLanguage)
}
