package api

import (
	"context"
	"time"

	"accountledger/commands"
	"accountledger/domain"
)

type noticeIn struct {
	ID       string `path:"id" format:"uuid" doc:"From GET /v1/catalogue, GET /v1/notices, or the entry of a decision."`
	Language string `query:"language" format:"language" doc:"Show the same version of the notice in this language (BCP 47), or the closest there is. By default the text is exactly the one with this id, whatever the Accept-Language." example:"es"`
}

type noticeOut struct {
	CacheControl    string `header:"Cache-Control"`
	ContentLanguage string `header:"Content-Language"`
	Body            noticeAnswer
}

type noticeAnswer struct {
	ID          domain.EventID       `json:"id" format:"uuid"`
	Permission  domain.Permission    `json:"permission" example:"location"`
	Version     int                  `json:"version"`
	Material    bool                 `json:"material" doc:"Consent given on an earlier version does not carry over."`
	Language    domain.Language      `json:"language"`
	PublishedAt time.Time            `json:"published_at"`
	Hash        domain.Hash          `json:"hash" doc:"SHA-256 of the text."`
	Text        domain.PublishedText `json:"text"`
	Controller  controllerAnswer     `json:"controller"`
}

type controllerAnswer struct {
	ID           domain.Slug          `json:"id"`
	Description  domain.EventID       `json:"description" format:"uuid" doc:"The entry that describes the controller so."`
	Name         domain.PublishedLine `json:"name"`
	Address      domain.PublishedLine `json:"address"`
	Contact      domain.PublishedLine `json:"contact"`
	DPO          domain.PublishedLine `json:"dpo,omitzero" doc:"How to reach the data protection officer."`
	Authority    domain.PublishedLine `json:"authority,omitzero" doc:"Who supervises the controller."`
	Jurisdiction domain.Region        `json:"jurisdiction"`
	Places       []domain.Region      `json:"places" doc:"Countries that data is stored in."`
}

// How long a notice may be kept by caches: the text with an id never changes; a version can be published in more languages.
const (
	noticeForever  = "public, max-age=31536000, immutable"
	noticeByTongue = "public, max-age=3600"
)

// notice reads one that was ever published.
func (a *API) notice() {
	route(a, operation("notice", "GET", "/v1/notices/{id}", "signing up", "Read a notice",
		"Any notice that was ever published, also one that is no longer in force: what somebody agreed to stays readable. No sign-in needed."),
		of(a.Menu.ReadNotice.May),
		func(ctx context.Context, r *ask, in *noticeIn) (*noticeOut, error) {
			id, err := pathID(in.ID)
			if err != nil {
				return nil, err
			}
			read, keep := commands.ReadNotice{ID: domain.EventID{UUID: id}}, noticeForever
			if in.Language != "" {
				keep = noticeByTongue
				if read.Language, err = domain.ParseLanguage(in.Language); err != nil {
					return nil, domain.ErrLanguage.At("")
				}
			}
			out, err := a.Menu.ReadNotice(ctx, r.Request, read)
			if err != nil {
				return nil, err
			}
			n := out.Value
			by := controllerAnswer{n.By.ID, n.Described, n.By.Name, n.By.Address, n.By.Contact, n.By.DPO, n.By.Authority, n.By.Jurisdiction, n.By.Places}
			return &noticeOut{keep, string(n.Language),
				noticeAnswer{n.Event, n.Permission, n.Version, n.Material, n.Language, n.At, n.Hash, n.Text, by}}, nil
		}, domain.ErrNotFound, domain.ErrLanguage)
}
